package io.holdfast.cli;

import io.holdfast.attack.library.Answers;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LeftOut;
import io.holdfast.attack.library.ModelOrigin;
import io.holdfast.attack.library.SourceCheck;
import io.holdfast.attack.library.Transfers;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.data.Dataset;
import io.holdfast.data.NamedClasses;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Verifies every example of a library. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Verifies every example: its hash, its label, that it is inside its threat model;",
      "with --model also that the model that it was made for still falls, and with --data",
      "that clean input and label are those of the data, by the names of the classes where",
      "both have them. Exit code 3 if one does not pass."
    })
final class LibraryVerifyCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();
  @Mixin private ModelOption model = new ModelOption();

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "The data that the clean inputs came from.")
  private @Nullable String data;

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    Dataset[] source = new Dataset[1];
    String given = data;
    if (given != null) {
      problems.collect(() -> source[0] = model.samples(given));
    }
    try (Bundle bundle = model.open(problems, ModelOptions.shape(source[0]))) {
      problems.throwIfAny();
      ExampleLibrary library = ExampleLibrary.load(place.folder, place.today.date());
      List<LeftOut> found = new ArrayList<>(library.leftOut());
      if (bundle != null) {
        found.addAll(thatHold(library, bundle));
      }
      if (source[0] != null) {
        found.addAll(SourceCheck.differing(library, matched(source[0], bundle)));
      }
      print(library, found);
      boolean sound = found.stream().noneMatch(l -> l.fault().isDamage());
      return sound ? Exit.DONE : Exit.GATE_NOT_MET;
    }
  }

  /** The samples with the labels of the model, by the names of its classes. */
  private static Dataset matched(Dataset source, @Nullable Bundle bundle) {
    return bundle == null ? source : NamedClasses.matching(source, bundle.classNames());
  }

  private List<LeftOut> thatHold(ExampleLibrary library, Bundle bundle) {
    ModelOrigin origin = ModelOrigin.of(bundle);
    long own =
        library.usable().stream().filter(e -> e.model().weights().equals(origin.weights())).count();
    if (own < library.usable().size()) {
      notes()
          .println(
              "note: "
                  + (library.usable().size() - own)
                  + " usable entries were made for other models and are not asked about");
    }
    try (Workers pool = Workers.on(bundle.network().device(), 0)) {
      return Transfers.thatHold(library, new Answers(bundle.classifier(), pool), origin);
    }
  }

  private void print(ExampleLibrary library, List<LeftOut> found) {
    if (place.json) {
      Map<String, Object> all = new LinkedHashMap<>(LibrarySummary.of(library));
      all.put("left_out", found.stream().map(LibrarySummary::leftOut).toList());
      screen().print(Json.pretty(all));
      return;
    }
    found.forEach(l -> screen().println(l.message()));
    screen().println(LibrarySummary.words(library));
    screen().println("hash " + library.hash());
  }
}
