package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a run that is not the earlier one is told. */
class ChangesTest {
  private static final String FILE =
      "{seed: 7, data: {train: x}, train: {epochs: 3, objective: pgd-at}, model: {start: w}}";

  private static Provenance run(long seed, String train, String settings) {
    return Provenance.of(
        "1", new Seed(seed), Map.of("train", train, "start", "s"), Settings.yaml(settings, "x"));
  }

  /** Field, what was expected and what was found. */
  private static List<String> differences(Provenance now, Provenance earlier) {
    InvalidInputException refused =
        catchThrowableOfType(
            InvalidInputException.class, () -> now.requireSame(earlier, "run", "start afresh"));
    return refused == null
        ? List.of()
        : refused.problems().stream()
            .map(p -> p.field() + " " + p.expected() + " was " + p.found())
            .toList();
  }

  @Test
  void anotherSeedIsOneDifference() {
    Provenance seven = run(7, "aa", FILE);
    Provenance eight = run(8, "bb", FILE.replace("seed: 7", "seed: 8"));
    assertThat(differences(eight, seven)).containsExactly("seed 8 was 7");
    assertThat(differences(seven, seven)).isEmpty();
  }

  @Test
  void aSeedThatTheConfigurationHasApartIsAnotherDifference() {
    Provenance now = run(8, "aa", FILE.replace("seed: 7", "seed: 9"));
    assertThat(differences(now, run(7, "aa", FILE)))
        .containsExactly("seed 8 was 7", "configuration.seed 9 was 7");
  }

  @Test
  void eachChangedSettingIsNamedOnceTheSeedFirst() {
    String other =
        FILE.replace("epochs: 3", "epochs: 4, checkpoint: {steps: 9}")
            .replace("pgd-at", "{name: trades, beta: 6}")
            .replace("seed: 7", "seed: 8");
    assertThat(differences(run(8, "bb", other), run(7, "aa", FILE)))
        .containsExactly(
            "seed 8 was 7",
            "train.epochs 4 was 3",
            "train.objective {\"beta\":6,\"name\":\"trades\"} was \"pgd-at\"");
  }

  @Test
  void otherDataIsNamedByTheSettingThatChoseIt() {
    Provenance now = run(7, "bb", FILE.replace("train: x", "train: y"));
    assertThat(differences(now, run(7, "aa", FILE))).containsExactly("data.train \"y\" was \"x\"");
  }

  @Test
  void otherDataUnderTheSameNameIsADifferenceOfItsOwn() {
    String other = FILE.replace("epochs: 3", "epochs: 4");
    assertThat(differences(run(7, "bb", other), run(7, "aa", FILE)))
        .containsExactly("train.epochs 4 was 3", "content of train bb was aa");
  }
}
