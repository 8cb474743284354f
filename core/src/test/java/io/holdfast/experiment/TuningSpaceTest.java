package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Axis;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Settings;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a search draws from, as files say it. */
class TuningSpaceTest {
  private static final String FILE =
      """
      name: x
      data: {train: "embedded:fashion-mnist/train", test: "embedded:fashion-mnist/test"}
      model: {architecture: small-cnn}
      threat: {perturbation: linf, epsilon: 0.1, domain: [0, 1]}
      train: {objective: pgd-at, attack: {name: pgd}}
      evaluate: {attacks: [fgsm]}
      search: {method: random, over: {%s}}
      """;

  private static Axis axis(String over) {
    String file = FILE.formatted(over);
    Experiment experiment = Experiment.of(Settings.yaml(file, "x.yaml"), "x.yaml", List.of());
    return Objects.requireNonNull(experiment.programme().search()).space().fields().get(0);
  }

  @Test
  void allChoicesThatCannotBeAreTold() {
    assertThatThrownBy(
            () -> axis("train.objective: [pgd-at, {name: trades, beta: -3}, foo, standard]"))
        .isInstanceOfSatisfying(
            InvalidInputException.class, e -> assertThat(e.problems()).hasSize(2))
        .hasMessageContaining("search.over.train.objective: expected beta: a number from 0")
        .hasMessageContaining("foo");
  }

  @Test
  void aSearchNeedsAField() {
    assertThatThrownBy(() -> axis(""))
        .hasMessageContaining("expected at least one field to search over");
  }

  @Test
  void aSingleChoiceIsNoSearch() {
    for (String one : List.of("[64]", "[64, 64]")) {
      assertThatThrownBy(() -> axis("train.batch: " + one))
          .hasMessageContaining("search.over.train.batch: expected at least two choices")
          .hasMessageContaining("found 64 alone (set train.batch to it)");
    }
  }

  @Test
  void wholeNumbersAndOthersAreDrawnByTheScaleThatIsSaid() {
    String steps = "train.attack.steps";
    assertThat(axis(steps + ": {from: 2, to: 10}"))
        .isEqualTo(new Axis.Whole(steps, 2, 10, false, true));
    assertThat(axis(steps + ": {from: 2, to: 10, scale: linear}"))
        .isEqualTo(new Axis.Whole(steps, 2, 10, false, false));
    String rate = "train.optimiser.learning_rate";
    assertThat(axis(rate + ": {from: 0.01, to: 1}"))
        .isEqualTo(new Axis.Numbers(rate, 0.01, 1, true));
    assertThat(axis(rate + ": {from: 0.01, to: 1, scale: linear}"))
        .isEqualTo(new Axis.Numbers(rate, 0.01, 1, false));
  }
}
