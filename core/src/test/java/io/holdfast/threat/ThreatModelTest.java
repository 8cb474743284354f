package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ThreatModelTest {
  static List<ThreatModel> written() {
    Product product =
        new Product(
            List.of(
                new Product.Part(0, 4, new Additive(Norm.LINF, 0.1)),
                new Product.Part(4, 6, CodeChanges.bitFlips(1))));
    return List.of(
        ThreatModel.linf(0.1),
        ThreatModel.l0(25),
        ThreatModel.smallest(Norm.L2),
        ThreatModel.smallest(Norm.L0).knowing(Knowledge.DECISION).queries(1000),
        ThreatModel.l2(1.5).within(-1, 1).named("mine", 3),
        ThreatModel.l1(12).wanting(Goal.target(3)).knowing(Knowledge.SCORE).queries(500),
        ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1)).wanting(Goal.leastLikely()),
        ThreatModel.of(new RotationTranslation(30, 0.1)),
        ThreatModel.of(new Flow(1.5, 4)),
        ThreatModel.of(new Recolouring(0.06, 5, 2)),
        ThreatModel.of(new Recolouring(0.06, 5, 2, Recolouring.Colours.LUV)),
        ThreatModel.of(new Wasserstein(0.1, 7)),
        ThreatModel.of(CodeChanges.bitFlips(2)),
        ThreatModel.of(new PixelChanges(5)),
        ThreatModel.of(new SquarePatch(6)).knowing(Knowledge.SCORE),
        ThreatModel.union(ThreatModel.of(new Frame(2)), ThreatModel.linf(0.1)),
        ThreatModel.of(product));
  }

  @ParameterizedTest
  @MethodSource("written")
  void survivesWritingAndReading(ThreatModel threat, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("threat.json");
    Files.writeString(file, threat.toSettings().toJson());
    assertThat(ThreatModel.parse(file.toString())).isEqualTo(threat);
    assertThat(threat.describe()).startsWith("The attacker may ").endsWith(".");
  }

  @Test
  void shortForms() {
    assertThat(ThreatModel.parse("linf:0.1")).isEqualTo(ThreatModel.linf(0.1));
    assertThat(ThreatModel.parse("linf:8/255")).isEqualTo(ThreatModel.linf(8 / 255.0));
    assertThat(ThreatModel.parse("l2:1.5")).isEqualTo(ThreatModel.l2(1.5));
    assertThat(ThreatModel.parse(" l1:12 ")).isEqualTo(ThreatModel.l1(12));
    assertThat(ThreatModel.parse("l0:25")).isEqualTo(ThreatModel.l0(25));
    assertThat(ThreatModel.parse("l2:inf")).isEqualTo(ThreatModel.smallest(Norm.L2));
    assertThat(ThreatModel.parse("flow[pixels=1]")).isEqualTo(ThreatModel.of(new Flow(1, 7)));
    assertThat(ThreatModel.parse("recolour:0.06[colours=luv,grid=5]"))
        .isEqualTo(ThreatModel.of(new Recolouring(0.06, 5, 1, Recolouring.Colours.LUV)));
    assertThat(ThreatModel.parse("recolour:16/255[grid=4]"))
        .isEqualTo(ThreatModel.of(new Recolouring(16 / 255.0, 4, 1)));
    assertThat(ThreatModel.parse("wasserstein:0.1"))
        .isEqualTo(ThreatModel.of(new Wasserstein(0.1)));
    assertThat(ThreatModel.parse("rotation-translation"))
        .isEqualTo(ThreatModel.of(new RotationTranslation(30, 0.1)));
    assertThat(ThreatModel.parse("linf:0.1+l2:1"))
        .isEqualTo(ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1)));
    assertThat(ThreatModel.parse("linf:0.1[goal=class:2]"))
        .isEqualTo(ThreatModel.linf(0.1).wanting(Goal.target(2)));
  }

  /** What tables, ledgers and scorecards call a threat model is what it can be asked for by. */
  @Test
  void everyKeyIsAShortForm() {
    List<PerturbationSet> sets =
        List.of(
            ThreatModel.linf(0.1).set(),
            ThreatModel.smallest(Norm.L2).set(),
            ThreatModel.l0(25).set(),
            new PixelChanges(5),
            new SquarePatch(6),
            new Frame(2),
            new Flow(2, 7),
            new RotationTranslation(30, 0.1),
            new Recolouring(0.1, 7, 1),
            new Recolouring(0.06, 5, 0, Recolouring.Colours.LUV),
            new Wasserstein(0.1, 5),
            new CommonCorruptions(3, false),
            new CommonCorruptions(2, true),
            new CodeChanges(2, 3));
    for (PerturbationSet set : sets) {
      assertThat(ThreatModel.parse(set.key()).set()).as(set.key()).isEqualTo(set);
    }
    assertThat(ThreatModel.parse("flow:1").set()).isEqualTo(new Flow(1, 7));
    assertThatThrownBy(() -> ThreatModel.parse("wasserstein:0.1/5/2"))
        .hasMessageContaining("wasserstein:epsilon/window");
    assertThatThrownBy(() -> ThreatModel.parse("wasserstein:1/10"))
        .as("no fraction")
        .hasMessageContaining("window");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "threat: {perturbation: linf, epsilon: 0.1, domain: [0, 1]}",
        "threat: linf:0.1",
        "threat: {name: 'linf:0.1'}"
      })
  void asASectionOfTheExperiment(String yaml) {
    Problems problems = new Problems("experiment.yaml");
    SettingsReader reader = Settings.yaml(yaml, "experiment.yaml").reader(problems);
    ThreatModel threat = ThreatModel.read(reader.textOrSection("threat"));
    reader.finish();
    problems.throwIfAny();
    assertThat(threat).isEqualTo(ThreatModel.linf(0.1));
  }

  @ParameterizedTest
  @CsvSource({
    "lnif:0.1, linf",
    "rotation-translaton:30/0.1, rotation-translation",
    "code-change:3/2, code-changes",
    "flwo, flow",
    "wassertein:0.1/5, wasserstein"
  })
  void aMisspeltShortFormIsToldItsNearest(String typed, String meant) {
    assertThatThrownBy(() -> ThreatModel.parse(typed))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("did you mean " + meant + "?");
  }

  @Test
  void reportsAllProblemsAtOnceWithTheNearestName() {
    String yaml =
        "threat: {perturbation: linf, epsilon: 2, domian: [0, 1], goal: win, query_budget: 0}";
    Problems problems = new Problems("experiment.yaml");
    SettingsReader reader = Settings.yaml(yaml, "experiment.yaml").reader(problems);
    ThreatModel.read(reader.section("threat"));
    reader.finish();
    assertThatThrownBy(problems::throwIfAny)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("threat.epsilon: expected at most 1, the width of the domain")
        .hasMessageContaining("did you mean domain?")
        .hasMessageContaining("threat.goal")
        .hasMessageContaining("threat.query_budget");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "linf:-0.1",
        "linf:nan",
        "linf:2",
        "linf:-inf",
        "linf:inf+l2:1",
        "linf:",
        "linf",
        "lnf:0.1",
        "",
        "linf:0.1[epsilom=2]",
        "none.yaml"
      })
  void refuses(String spec) {
    assertThatThrownBy(() -> ThreatModel.parse(spec)).isInstanceOf(InvalidInputException.class);
  }

  @Test
  void programsAreCheckedToo() {
    assertThatThrownBy(() -> ThreatModel.linf(Double.NaN)).hasMessageContaining("epsilon");
    assertThatThrownBy(() -> ThreatModel.l2(-1)).hasMessageContaining("epsilon");
    assertThatThrownBy(() -> ThreatModel.linf(2).checked()).hasMessageContaining("8/255");
    assertThatThrownBy(() -> ThreatModel.linf(0.1).within(1, 0)).hasMessageContaining("domain");
    assertThat(ThreatModel.linf(2).within(-1, 1).epsilon()).isEqualTo(2);
  }

  @Test
  void aUnionKeepsItsProportionsWhenScaled() {
    ThreatModel union = ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1));
    assertThat(union.withEpsilon(0.05).set())
        .isEqualTo(new Union(List.of(new Additive(Norm.LINF, 0.05), new Additive(Norm.L2, 0.5))));
  }

  /** No two inputs of 64 values in [0, 1] are farther apart than 1, 8 and 64. */
  @ParameterizedTest
  @CsvSource({"linf, 1", "l2, 8", "l1, 64", "l0, 64"})
  void anEpsilonIsAtMostTheDistanceOfTwoCorners(String norm, int most) {
    ThreatModel.parse(norm + ":" + most).checkedFor(64);
    ThreatModel.parse(norm + ":inf").checkedFor(64);
    ThreatModel wide =
        ThreatModel.of(new Additive(Norm.valueOf(norm.toUpperCase(Locale.ROOT)), most + 1));
    assertThatThrownBy(() -> wide.checkedFor(64))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("epsilon: expected at most " + most + ", the ")
        .hasMessageContaining("found " + (most + 1));
    if (!norm.equals("l0")) {
      wide.within(-1, 1).checkedFor(64); // twice as wide
    }
  }
}
