package io.holdfast.cli;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Table;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.SampleForm;
import io.holdfast.data.image.LabelUse;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.experiment.Experiment;
import io.holdfast.model.graph.Network;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.ModelSoup;
import io.holdfast.train.ModelSoup.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Averages the weights of several models. */
@Command(
    name = "soup",
    mixinStandardHelpOptions = true,
    description = "One model from several of one start: the mean of their weights.")
final class SoupCommand extends BaseCommand {
  /** How the models are chosen. */
  enum Method {
    greedy,
    uniform
  }

  @Parameters(arity = "1..*", paramLabel = "MODEL", description = "Bundles of one architecture.")
  private List<Path> models = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The bundle to write.")
  private Path out = Path.of("");

  @Option(
      names = "--method",
      paramLabel = "M",
      description = {
        "greedy: from the best one on, each that does not lower robust accuracy; uniform: all",
        "(default: ${DEFAULT-VALUE})."
      })
  private Method method = Method.greedy;

  @Option(
      names = "--data",
      paramLabel = "D",
      description = {
        "Held-out labelled samples by which greedy chooses: no test samples, and none that the",
        "models were trained on."
      })
  private String data = "";

  @Option(
      names = "--threat",
      paramLabel = "T",
      description = "Such as linf:0.1 (default: what the first bundle was hardened against).")
  private @Nullable String threat;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "The most samples to attack, the first ones (default: ${DEFAULT-VALUE}).")
  private int examples = 500;

  /** Samples that greedy has judged by. */
  private int attacked;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Of PGD, by which greedy chooses (default: ${DEFAULT-VALUE}).")
  private int steps = 10;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Of all random streams (default: ${DEFAULT-VALUE}).")
  private long seed = Experiment.DEFAULT_SEED;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads; one per core by default. Never changes results.")
  private int workers;

  @Option(names = "--json", description = "Prints the result as JSON alone on standard output.")
  private boolean json;

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    JobOptions job = new JobOptions();
    job.workers = Math.max(0, workers);
    if (workers < 0) {
      problems.add("--workers", "at least 1, or 0 for one per core", Integer.toString(workers));
    }
    requirePositive("--examples", examples, problems);
    requirePositive("--steps", steps, problems);
    problems.collect(this::requireWritable);
    List<Bundle> opened = new ArrayList<>();
    try (Job running = Job.start(job)) {
      models.forEach(path -> problems.collect(() -> opened.add(Bundle.read(path))));
      if (opened.size() == models.size()) {
        ModelSoup.check(opened, models.stream().map(Path::toString).toList(), problems);
      }
      Recipe recipe =
          method == Method.greedy ? greedy(opened, problems, running) : uniform(opened, problems);
      List<Bundle> used = recipe.used().stream().map(opened::get).toList();
      try (Bundle soup = ModelSoup.bundle(used, told(recipe))) {
        soup.write(out);
      }
      print(recipe);
      return Exit.DONE;
    } finally {
      opened.forEach(Bundle::close);
    }
  }

  /** That the bundle can be written is known before hours of attacks. */
  private void requireWritable() {
    if (Files.isDirectory(out)) {
      throw new InvalidInputException("--out", "", "a file to write", "the folder " + out);
    }
    Path written = out.toAbsolutePath().normalize();
    if (models.stream().anyMatch(model -> model.toAbsolutePath().normalize().equals(written))) {
      throw new InvalidInputException(
          "--out", "", "a file of its own", "one of the models, " + out);
    }
    AtomicFiles.requireWritableFolder(Objects.requireNonNull(out.toAbsolutePath().getParent()));
  }

  private static void requirePositive(String option, int value, Problems problems) {
    if (value < 1) {
      problems.add(option, "at least 1", Integer.toString(value));
    }
  }

  private Recipe uniform(List<Bundle> opened, Problems problems) {
    for (String option : List.of("--data", "--threat", "--examples", "--steps", "--seed")) {
      if (group().getParseResult().hasMatchedOption(option)) {
        problems.add(option, "--method greedy, which alone attacks", "uniform");
      }
    }
    problems.throwIfAny();
    return new Recipe(List.of(), IntStream.range(0, opened.size()).boxed().toList(), Double.NaN);
  }

  private Recipe greedy(List<Bundle> opened, Problems problems, Job running) {
    ThreatModel[] bounds = {opened.isEmpty() ? null : opened.get(0).threat()};
    String given = threat;
    if (given != null) {
      ModelOptions.collect("--threat", given, problems, () -> bounds[0] = ThreatModel.parse(given));
    } else if (bounds[0] == null && !opened.isEmpty()) {
      problems.add("--threat", "a threat model, by which greedy chooses", "nothing");
    }
    Dataset[] samples = new Dataset[1];
    if (data.isEmpty()) {
      problems.add("--data", "held-out samples, by which greedy chooses", "nothing");
    } else {
      problems.collect(() -> samples[0] = DataSource.parse(data).open(LabelUse.TASK, form(opened)));
    }
    if (samples[0] != null && !opened.isEmpty()) {
      samples[0] = ModelOptions.labelled(opened.get(0), samples[0], "--data " + data, problems);
    }
    problems.throwIfAny();
    Dataset held = samples[0].first(examples);
    attacked = held.size();
    return ModelSoup.greedy(
        opened.stream().map(Bundle::network).toList(),
        network -> robust(network, bounds[0], held, running));
  }

  private static @Nullable SampleForm form(List<Bundle> opened) {
    return opened.isEmpty() ? null : opened.get(0).form();
  }

  private double robust(Network network, ThreatModel bounds, Dataset held, Job running) {
    Scorecard card =
        Evaluation.of(network.classifier())
            .against(bounds)
            .with(Pgd.steps(steps))
            .examples(0)
            .seed(seed)
            .workers(workers)
            .progress(running.progress())
            .stopper(running.stopper())
            .on(held)
            .card();
    Rate robust = card.robustAccuracy();
    return robust == null ? card.cleanAccuracy().value() : robust.value();
  }

  private Map<String, Object> told(Recipe recipe) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("method", method.name());
    told.put("models", recipe.used().stream().map(i -> models.get(i).toString()).toList());
    if (method == Method.greedy) {
      told.put("data", data);
      told.put("examples", attacked);
      told.put("steps", steps);
      told.put("robust_accuracy", recipe.score());
    }
    return told;
  }

  private void print(Recipe recipe) {
    if (json) {
      screen().println(Json.compact(told(recipe)));
      return;
    }
    Table table = new Table("model", "robust accuracy", "");
    for (int i = 0; i < models.size(); i++) {
      table.row(
          models.get(i).toString(),
          recipe.scores().isEmpty() ? "-" : Format.percent(recipe.scores().get(i)),
          recipe.used().contains(i) ? "in the soup" : "");
    }
    if (method == Method.greedy) {
      table.row("soup", Format.percent(recipe.score()), "");
    }
    screen().print(table);
    screen().println("model: " + out);
  }
}
