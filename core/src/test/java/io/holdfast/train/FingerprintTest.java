package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  private static final Map<String, String> PARTS =
      Map.of(
          "seed", "7",
          "initial weights", "a",
          "data.train", "b",
          "data.validation", "c",
          "attack", "steps=7",
          "train.curriculum.steps", "7",
          "train.epochs", "3");

  private static List<String> differences(Map<String, String> changed) {
    Map<String, String> now = new HashMap<>(PARTS);
    now.putAll(changed);
    InvalidInputException refused =
        catchThrowableOfType(
            InvalidInputException.class,
            () -> new Fingerprint(now).requireSame(new Fingerprint(PARTS), Path.of("checkpoint")));
    return refused.problems().stream().map(Problem::field).toList();
  }

  @Test
  void whatFollowsFromAnotherSeedIsNotListedBesideIt() {
    assertThat(
            differences(
                Map.of(
                    "train.epochs", "4",
                    "data.train", "x",
                    "data.validation", "y",
                    "initial weights", "z",
                    "seed", "8")))
        .containsExactly("seed", "train.epochs");
  }

  @Test
  void otherStepsAreNamedOnce() {
    assertThat(differences(Map.of("attack", "steps=9", "train.curriculum.steps", "9")))
        .containsExactly("attack");
  }

  @Test
  void otherDataOfTheSameSeedIsNamed() {
    assertThat(differences(Map.of("data.train", "x"))).containsExactly("data.train");
  }
}
