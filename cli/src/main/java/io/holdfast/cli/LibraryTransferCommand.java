package io.holdfast.cli;

import io.holdfast.attack.library.Answers;
import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.attack.library.ModelOrigin;
import io.holdfast.attack.library.Transfers;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Table;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Rate;
import io.holdfast.tensor.Workers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How far a library carries over to a model. */
@Command(
    name = "transfer",
    mixinStandardHelpOptions = true,
    description = "Measures how many of a library's examples a model falls for.")
final class LibraryTransferCommand extends BaseCommand {
  private static final int HEAD = 12;

  @Mixin private LibraryOptions place = new LibraryOptions();
  @Mixin private ModelOption model = new ModelOption();

  @Option(
      names = "--record",
      description = "Keeps the result in the library, for selection by difficulty.")
  private boolean record;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads; one per core by default. Never changes results.")
  private int workers;

  @Override
  public Integer call() {
    JobOptions job = new JobOptions();
    job.workers = workers;
    Problems problems = new Problems("");
    if (model.model.isEmpty()) {
      problems.add("--model", "a bundle, or a weights file with --architecture", "nothing");
    }
    ExampleLibrary[] library = new ExampleLibrary[1];
    problems.collect(() -> library[0] = place.load(notes()));
    try (Bundle bundle = model.open(problems, shape(library[0]));
        Job running = Job.start(job)) {
      problems.throwIfAny();
      if (bundle == null) {
        throw new IllegalStateException("a model that could not be opened was reported");
      }
      Transfers.Result result = measure(library[0], bundle, running);
      if (record) {
        LibraryFolder.at(place.folder).note(result.transfer(), place.today.date());
      }
      print(result);
      return Exit.DONE;
    }
  }

  /** Of the examples, where all have the same; else null. */
  private static @Nullable Shape shape(@Nullable ExampleLibrary library) {
    List<List<Integer>> shapes =
        library == null
            ? List.of()
            : library.usable().stream().map(Entry::shape).distinct().toList();
    return shapes.size() == 1
        ? Shape.of(shapes.get(0).stream().mapToLong(Integer::longValue).toArray())
        : null;
  }

  private Transfers.Result measure(ExampleLibrary library, Bundle bundle, Job running) {
    int n = library.usable().size();
    try (Workers pool = Workers.on(bundle.network().device(), workers);
        Progress.Task task = running.progress().start("transfer", n, "images")) {
      Answers answers = new Answers(bundle.classifier(), pool, task::advance, running.stopper());
      return Transfers.measure(library, answers, ModelOrigin.of(bundle));
    }
  }

  private void print(Transfers.Result result) {
    if (place.json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("model", result.transfer().model());
      all.put("fooled", result.fooled());
      all.put("by_attack", result.byAttack());
      all.put("by_model", result.byModel());
      all.put("fooled_by", result.transfer().fooled());
      all.put("wrong_when_clean", result.transfer().wrong());
      screen().print(Json.pretty(all));
      return;
    }
    Table table = new Table("examples", "fool the model", "95% interval", "right when clean");
    row(table, "all", result.fooled());
    result.byAttack().forEach((attack, rate) -> row(table, "of " + attack, rate));
    result
        .byModel()
        .forEach(
            (weights, rate) ->
                row(table, "for " + weights.substring(0, Math.min(HEAD, weights.length())), rate));
    screen().print(table);
    screen()
        .println(
            Format.count(result.transfer().wrong().size())
                + " more examples, whose clean input the model has wrong already");
  }

  private static void row(Table table, String name, @Nullable Rate rate) {
    if (rate == null) {
      table.row(name, "-", "-", "0");
      return;
    }
    String interval =
        Format.percent(rate.interval().lo()) + " to " + Format.percent(rate.interval().hi());
    table.row(name, Format.percent(rate.value()), interval, Format.count(rate.n()));
  }
}
