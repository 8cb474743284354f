package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExperimentProblemsTest {
  private static final String FILE =
      """
      nmae: x
      data: {train: "embedded:fashion-mnist/train", test: "embedded:fashion-mnist/test"}
      evaluate:
        examples: 0
        attacks: [fgsm, pdg]
      model: {architecture: small-cnnn}
      train:
        precision: float12
        epochs: many
        optimiser: {name: sdg}
        optimser: 3
      seed: 1.5
      threat: linf:0.1
      device: gpu
      """;

  @Test
  void theProblemsOfAFileComeInTheOrderOfItsLinesEachWithItsLine() {
    InvalidInputException refused =
        catchThrowableOfType(
            InvalidInputException.class,
            () -> Experiment.of(Settings.yaml(FILE, "x.yaml"), "x.yaml", List.of()));
    assertThat(refused.problems()).extracting(Problem::file).containsOnly("x.yaml");
    assertThat(refused.problems())
        .extracting(Problem::line)
        .containsExactly(1, 4, 5, 6, 8, 9, 10, 11, 12, 14);
  }

  @Test
  void whatIsWrongWithAShortFormIsReportedAtItsLine() {
    String right =
        """
        data: {train: "embedded:fashion-mnist/train", test: "embedded:fashion-mnist/test"}
        model: {architecture: small-cnn}
        threat: linf:0.1
        """;
    Experiment experiment = Experiment.of(Settings.yaml(right, "x.yaml"), "x.yaml", List.of());
    Problems problems = new Problems("x.yaml");
    experiment.reject(problems, "threat", "domain", "a", "b", null);
    experiment.reject(problems, "data", "test", "a", "b", null);
    assertThat(problems.list())
        .extracting(p -> p.source() + " " + p.field())
        .containsExactly("x.yaml:1 data.test", "x.yaml:3 threat.domain");
  }
}
