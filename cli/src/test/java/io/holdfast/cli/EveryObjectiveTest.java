package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every objective trains from the command line by its name, to weights of its own. */
@Tag("slow")
final class EveryObjectiveTest {
  private static Path folder;
  private static Path file;
  private static Path plain;
  private static String untrained;

  @BeforeAll
  static void trainPlainly(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    plain = folder.resolve("plain/model.holdfast");
    harden("plain", "standard", "1e-3");
    harden("untrained", "standard", "1e-30");
    untrained = weights("untrained");
  }

  private static void harden(String out, String objective, String rate, String... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                "harden",
                file,
                "--out",
                folder.resolve(out),
                "--set",
                "train.objective=" + objective,
                "--set",
                "train.optimiser={name: adamw, learning_rate: " + rate + "}",
                "--set",
                "evaluate={attacks: [fgsm], examples: 16, curve: 0}"));
    args.addAll(List.of(more));
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  private static String weights(String run) {
    try (Bundle bundle = Bundle.read(folder.resolve(run).resolve("model.holdfast"))) {
      return bundle.network().hash();
    }
  }

  static Stream<ObjectiveSpec<?>> all() {
    return Objectives.describe().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void trainsByItsName(ObjectiveSpec<?> spec) {
    List<String> guides =
        spec.usual().guides().stream().map(g -> ", " + g.role() + ": " + plain).toList();
    String objective =
        guides.isEmpty() ? spec.name() : "{name: " + spec.name() + String.join("", guides) + "}";
    harden(spec.name(), objective, "1e-3");
    String found = weights(spec.name());
    assertThat(found).isNotEqualTo(untrained);
    if (spec.name().equals("standard")) {
      assertThat(found).isEqualTo(weights("plain"));
    } else {
      assertThat(found).isNotEqualTo(weights("plain"));
    }
    assertThat(Json.read(folder.resolve(spec.name()).resolve("scorecard.json")).at("/attacks"))
        .isNotEmpty();
  }

  @Test
  void aNaturalModelIsTrainedBeside() {
    harden("beside", "{name: lbgat, natural: beside}", "1e-3");
    assertThat(weights("beside")).isNotEqualTo(untrained).isNotEqualTo(weights("plain"));
  }

  /** What against one ball is PGD-AT is another objective against several. */
  @Test
  void thoseForUnionsTrainAgainstOne() {
    String union =
        "threat={perturbation: union, members: [{perturbation: linf, epsilon: 0.05},"
            + " {perturbation: l2, epsilon: 1}, {perturbation: l1, epsilon: 8}]}";
    List<String> found = new ArrayList<>();
    for (String name : List.of("pgd-at", "msd", "union-average", "union-sampling")) {
      String out = "union-" + name;
      harden(out, name, "1e-3", "--set", union);
      found.add(weights(out));
    }
    assertThat(found).doesNotHaveDuplicates();
  }
}
