package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.ModelSoup.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ModelSoupTest {
  private static Network network(Graph graph, long seed) {
    return Network.initialise(graph, Initialisation.PYTORCH, new Seed(seed));
  }

  private static Bundle bundle(Graph graph, long seed) {
    return Bundle.of(network(graph, seed))
        .provenance(
            Provenance.of("engine", new Seed(seed), Map.of(), Settings.of(Map.of("name", "x"))))
        .build();
  }

  @Test
  void aSoupIsTheMeanOfItsIngredients() {
    try (Scope scope = Scope.open();
        Network a = network(Run.NORMED, 1);
        Network b = network(Run.NORMED, 2);
        Network c = network(Run.NORMED, 3);
        Network mean = ModelSoup.mean(List.of(a, b, c))) {
      for (String name : a.weights().keySet()) {
        Tensor expected = a.weight(name).add(b.weight(name)).add(c.weight(name)).div(3);
        assertThat(mean.weight(name).sub(expected).abs().max().item()).isLessThan(1e-6);
      }
    }
  }

  /** Scores by the sum of a bias: models 0 to 3 have 1, 4, 3 and -9, so that means are known. */
  @Test
  void greedyKeepsWhatDoesNotLowerTheScore() {
    List<Network> networks = new ArrayList<>();
    double[] values = {1, 4, 3, -9};
    try {
      for (double value : values) {
        Network network = network(Run.PLAIN, 1);
        network.weight("out.bias").fillInPlace(value);
        networks.add(network);
      }
      // Best near 3.4: 4 alone is 0.6 off, with 3 0.1, with 1 too 0.73, with -9 far.
      Recipe recipe =
          ModelSoup.greedy(networks, n -> -Math.abs(3.4 - n.weight("out.bias").toDoubles()[0]));
      assertThat(recipe.used()).containsExactly(2, 1);
      assertThat(recipe.scores()).hasSize(4);
      assertThat(recipe.score()).isBetween(-0.11, -0.09);
      // Where every addition harms the best one stays alone.
      Recipe alone = ModelSoup.greedy(networks, n -> n.weight("out.bias").toDoubles()[0]);
      assertThat(alone.used()).containsExactly(1);
      assertThat(alone.score()).isEqualTo(4);
    } finally {
      networks.forEach(Network::close);
    }
  }

  @Test
  void aSoupTellsWhatIsInIt() {
    try (Bundle a = bundle(Run.PLAIN, 1);
        Bundle b = bundle(Run.PLAIN, 2);
        Bundle soup = ModelSoup.bundle(List.of(a, b), Map.of("method", "uniform"))) {
      assertThat(soup.provenance().dataHashes())
          .containsEntry("ingredient-1", a.network().hash())
          .containsEntry("ingredient-2", b.network().hash());
      assertThat(soup.provenance().configuration().toString()).contains("uniform");
      assertThat(soup.classNames()).isEqualTo(a.classNames());
    }
  }

  @Test
  void modelsThatDoNotGoTogetherAreRefused() {
    try (Bundle a = bundle(Run.PLAIN, 1);
        Bundle b = bundle(Run.NORMED, 1)) {
      Problems problems = new Problems("");
      ModelSoup.check(List.of(a, b), List.of("a", "b"), problems);
      assertThat(problems.list()).hasSize(1);
      assertThatThrownBy(() -> ModelSoup.bundle(List.of(a, b), Map.of()))
          .isInstanceOf(InvalidInputException.class);
      Problems one = new Problems("");
      ModelSoup.check(List.of(a), List.of("a"), one);
      assertThat(one.list()).hasSize(1);
    }
  }
}
