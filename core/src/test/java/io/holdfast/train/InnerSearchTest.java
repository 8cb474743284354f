package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InnerSearchTest {
  private static final ThreatModel THREAT = ThreatModel.linf(0.1);

  private static InnerSearch read(String yaml) {
    Problems problems = new Problems("test");
    SettingsReader train = Settings.yaml(yaml, "test").reader(problems);
    InnerSearch search = InnerSearch.read(train);
    train.finish();
    problems.throwIfAny();
    return search;
  }

  @ParameterizedTest
  @CsvSource({"fgsm, CLEAN, 1", "r-fgsm, UNIFORM, 1.25"})
  void searchesOfOneStep(String name, Start start, double fraction) {
    for (String yaml : List.of("{attack: " + name + "}", "{attack: {name: " + name + "}}")) {
      InnerSearch search = read(yaml);
      assertThat(search.maximiser(THREAT)).isEqualTo(new InnerMaximiser(1, fraction, start));
      assertThat(search.seen()).isEqualTo(Set.of(name));
    }
    assertThatThrownBy(() -> read("{attack: {name: " + name + ", steps: 3}}"))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void pgdStartsUniformly() {
    assertThat(read("{}").maximiser(THREAT))
        .isEqualTo(new InnerMaximiser(7, 0.25, Start.UNIFORM).following(true));
    assertThat(read("{attack: {name: pgd, steps: 2, step_size: 0.05}}").maximiser(THREAT))
        .isEqualTo(new InnerMaximiser(2, 0.5, Start.UNIFORM));
  }

  /** So that two steps of a curriculum, or of a file without a length, are no weak search. */
  @Test
  void aLengthThatIsNotGivenFollowsTheNumberOfSteps() {
    InnerMaximiser usual = read("{attack: {name: pgd, steps: 3}}").maximiser(THREAT);
    assertThat(usual.fraction(0)).isCloseTo(1.75 / 3, within(1e-12));
    assertThat(usual.withSteps(1).fraction(0)).isEqualTo(1);
    assertThat(usual.withSteps(2).fraction(0)).isEqualTo(0.875);
    assertThat(usual.withSteps(8).fraction(0)).isEqualTo(0.25);
    assertThat(usual.withSteps(50).from(Start.CLEAN).fraction(0)).isEqualTo(0.05);
    // What tells two runs apart, one of which must not go on with the other's checkpoint.
    assertThat(read("{attack: {name: pgd, steps: 7, step_size: 0.025}}").maximiser(THREAT))
        .hasToString(read("{}").maximiser(THREAT).following(false).toString())
        .doesNotHaveToString(read("{}").maximiser(THREAT).toString());
    InnerMaximiser given =
        read("{attack: {name: friendly, steps: 7, step_size: 0.025}}").maximiser(THREAT);
    assertThat(given.withSteps(2).fraction(0)).isEqualTo(given.fraction(0)).isEqualTo(0.25);
    assertThat(read("{attack: fgsm}").maximiser(THREAT).withSteps(2).fraction(0)).isEqualTo(1);
  }

  /**
   * The sign of the gradient at the clean input, which a linear model has everywhere, times
   * epsilon.
   */
  @Test
  void fgsmIsOneSignOfTheGradientAtTheCleanInput() {
    GraphBuilder g = Graph.builder("linear");
    g.input("input", TensorType.floats(4));
    Graph graph = g.output(g.add("out", Linear.of(2))).build();
    try (Scope scope = Scope.open();
        Network network = Network.initialise(graph, Initialisation.PYTORCH, new Seed(3));
        InputGradients tape = new TapeGradients(network.classifier(), Precision.FLOAT32)) {
      Tensor x = Tensors.of(new float[] {0.5f, 0.5f, 0.5f, 0.5f}, 1, 4);
      Reference label = Reference.labels(Tensors.of(new long[] {0}, 1));
      float[] worst =
          read("{attack: fgsm}")
              .maximiser(THREAT)
              .maximise(tape, Losses.CE, THREAT, x, label, List.of(new Seed(1)))
              .toFloats();
      double[] w = network.weight("out.weight").toDoubles(); // [2, 4]
      for (int i = 0; i < 4; i++) {
        assertThat((double) worst[i])
            .isCloseTo(0.5 + 0.1 * Math.signum(w[4 + i] - w[i]), within(1e-6));
      }
    }
  }
}
