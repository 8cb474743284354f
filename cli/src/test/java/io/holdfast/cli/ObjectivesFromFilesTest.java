package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.common.Settings;
import io.holdfast.experiment.Experiment;
import io.holdfast.train.Curve;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Margins;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.distil.Lbgat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Objectives as experiment files name them. */
final class ObjectivesFromFilesTest {
  private static final Settings BASE =
      Settings.of(
          Map.of(
              "data", Map.of("train", "a", "test", "b"),
              "model", Map.of("architecture", "mlp"),
              "threat", Map.of("perturbation", "linf", "epsilon", 0.1)));

  private static Objective objective(String text) {
    Settings settings = BASE.withOverride("train.objective", text);
    return Experiment.of(settings, "test", List.of()).training().objective();
  }

  static Stream<ObjectiveSpec<?>> all() {
    return Objectives.describe().stream();
  }

  /** By its name alone, but for the models that some learn from. */
  @ParameterizedTest
  @MethodSource("all")
  void everyNameIsRead(ObjectiveSpec<?> spec) {
    List<String> roles = spec.usual().guides().stream().map(g -> g.role()).toList();
    if (roles.isEmpty()) {
      assertThat(objective(spec.name())).isEqualTo(spec.usual());
    } else {
      String models = String.join(", ", roles.stream().map(r -> r + ": x.holdfast").toList());
      Objective read = objective("{name: " + spec.name() + ", " + models + "}");
      assertThat(read).hasToString(spec.usual().toString());
      assertThat(read.guides()).allMatch(g -> g.path().equals("x.holdfast"));
    }
  }

  @Test
  void settingsAreReadAndTermsAddedUp() {
    assertThat(objective("{name: trades, beta: 3}")).isEqualTo(Trades.beta(3));
    assertThat(objective("mart[lambda=2]")).isEqualTo(new Mart(2));
    assertThat(objective("{name: lbgat, natural: beside}"))
        .isEqualTo(new Lbgat(1, 6, Guide.beside("natural")));
    assertThat(objective("{name: cw-margin, margin: [1, 2, 3]}"))
        .isEqualTo(new Margins(Margins.Kind.CW, List.of(1.0, 2.0, 3.0)));
    assertThat(
            objective(
                "{name: hybrid, terms: [standard, {name: trades, beta: 3, weight: 0.5},"
                    + " {name: jacobian, lambda: 0.1, weight: 2}]}"))
        .isInstanceOfSatisfying(
            Hybrid.class,
            h ->
                assertThat(h.terms())
                    .extracting(Hybrid.Term::weight)
                    .containsExactly(Curve.constant(1), Curve.constant(0.5), Curve.constant(2)));
    assertThat(
            objective(
                "{name: hybrid, terms: [{name: standard, weight: {from: 1, to: 0.1, until: 0.5}},"
                    + " {name: pgd-at,"
                    + " weight: {stages: [{at: 0, value: 0}, {at: 0.4, value: 2}]}}]}"))
        .isInstanceOfSatisfying(
            Hybrid.class,
            h ->
                assertThat(h.terms())
                    .extracting(Hybrid.Term::weight)
                    .containsExactly(
                        Curve.ramp(1, 0.1, 0.5),
                        new Curve(List.of(new Curve.Point(0, 0), new Curve.Point(0.4, 2)), false)));
  }

  @Test
  void mistakesAreToldTogether(@TempDir Path folder) throws IOException {
    Path file = Ran.experiment(folder);
    Ran ran =
        Ran.command(
            "harden",
            file,
            "--out",
            folder.resolve("run"),
            "--set",
            "train.objective={name: hybrid, terms: [{name: tradse}, {name: mart, lambda: -1},"
                + " {name: alp, lamda: 1}]}");
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("train.objective.terms[0].name", "trades")
        .contains("train.objective.terms[1].lambda")
        .contains("train.objective.terms[2].lamda");
    assertThat(folder.resolve("run")).doesNotExist();
    Ran missing =
        Ran.command(
            "harden", file, "--out", folder.resolve("run"), "--set", "train.objective=rslad");
    assertThat(missing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(missing.err()).contains("train.objective").contains("teacher");
  }

  @Test
  void aStudentLearnsFromABundle(@TempDir Path folder) throws IOException {
    Path file = Ran.experiment(folder);
    Path first = folder.resolve("first");
    assertThat(Ran.command("harden", file, "--out", first).exit()).isZero();
    Path model = first.resolve("model.holdfast");
    String set = "train.objective={name: rslad, teacher: " + model + "}";
    Path second = folder.resolve("second");
    Ran ran = Ran.command("harden", file, "--out", second, "--set", set);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode origin = Json.read(second.resolve("experiment.json"));
    assertThat(origin.at("/data_hashes/teacher").asText()).hasSize(64);
    assertThat(origin.at("/configuration/train/objective/name").asText()).isEqualTo("rslad");

    Path student = second.resolve("model.holdfast");
    String other = "train.objective={name: rslad, teacher: " + student + "}";
    Ran resumed =
        Ran.command("harden", file, "--out", folder.resolve("third"), "--set", other, "--dry-run");
    assertThat(resumed.exit()).as(resumed.err()).isZero();
    Ran inside = Ran.command("harden", file, "--out", second, "--set", other);
    assertThat(inside.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(inside.err()).contains("outside the folder for the results");
    Ran absent =
        Ran.command(
            "harden",
            file,
            "--out",
            folder.resolve("fourth"),
            "--set",
            "train.objective={name: ard, teacher: nowhere.holdfast}");
    assertThat(absent.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(absent.err()).contains("train.objective").contains("nowhere.holdfast");
  }
}
