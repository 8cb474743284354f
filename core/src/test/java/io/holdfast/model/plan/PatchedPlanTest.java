package io.holdfast.model.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.PatchLogits;
import io.holdfast.model.Patches;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.TensorOwner;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers about changed patches against those about whole images, along random searches. */
class PatchedPlanTest {
  private static final Seed SEED = new Seed(5);

  private static final Map<String, Consumer<GraphBuilder>> LAYERS =
      Map.of(
          "plain",
          g -> {
            g.add("c1", Conv2d.of(6, 3));
            g.add("r1", new Relu());
            g.add("c2", Conv2d.of(5, 3));
            g.add("r2", new Relu());
            g.add("p", MaxPool2d.of(2));
            g.add("c3", Conv2d.of(7, 3));
            g.add("r3", new Relu());
          },
          "normalised, with strides",
          g -> {
            g.add("n", new Normalise(List.of(0.5, 0.4, 0.3), List.of(0.2, 0.3, 0.4)));
            g.add("c1", Conv2d.of(6, 3).stride(2));
            g.add("b", new BatchNorm());
            g.add("r1", new Relu());
            g.add("c2", Conv2d.of(4, 3).dilation(2));
            g.add("a", AvgPool2d.of(2));
          },
          "padding from the second on",
          g -> {
            g.add("c1", Conv2d.of(6, 5));
            g.add("r1", new Relu());
            g.add("c2", Conv2d.of(4, 3).padding(1));
          });

  private static Network network(String name) {
    if (name.equals("small-cnn")) {
      return Network.initialise(
          Architectures.smallCnn(1, 10).graph(), Initialisation.PYTORCH, SEED);
    }
    GraphBuilder g = Graph.builder();
    g.input("input", TensorType.floats(3, 23, 26));
    Objects.requireNonNull(LAYERS.get(name)).accept(g);
    g.add("flatten", new Flatten());
    g.output(g.add("fc", Linear.of(4)));
    return Network.initialise(g.build(), Initialisation.PYTORCH, SEED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plain", "normalised, with strides", "padding from the second on", "small-cnn"})
  void patchesGiveTheLogitsOfWholeImages(String name) {
    long open = TensorOwner.openCount();
    try (Scope scope = Scope.open();
        Network network = network(name);
        InputGradients plan = Plan.compile(network, Precision.FLOAT32).orElseThrow();
        PatchLogits fast = plan.patches().orElseThrow()) {
      search(network, plan, fast);
    }
    assertThat(TensorOwner.openCount()).isEqualTo(open);
  }

  /** Windows shrink, some proposals are taken, some images leave. */
  private static void search(Network network, InputGradients plan, PatchLogits fast) {
    RandomGenerator random = SEED.split("search").generator();
    long[] shape = network.graph().inputs().get(0).type().shape().batched(5);
    Tensor best = Rng.of(SEED.split("images")).uniform(0, 1, shape); // [n, C, H, W]
    int asked = 0;
    boolean begun = false;
    for (int query = 0; query < 60; query++) {
      int side = query < 15 ? 5 : query < 40 ? 3 : 1;
      Patches patches = windows(random, (int) best.size(0), side, shape);
      Tensor next = best.clone();
      change(next, patches, random);
      if (!fast.pays(side, side)) {
        continue;
      }
      if (!begun) {
        fast.begin(best);
        begun = true;
      }
      Tensor logits = fast.logits(next, patches); // [n, K]
      Tensor whole = plan.logits(next); // [n, K]
      assertThat(logits.sub(whole).abs().max().item())
          .as("query %d, side %d", query, side)
          .isLessThan(1e-5 * (1 + whole.abs().max().item()));
      asked++;
      boolean[] taken = new boolean[patches.count()];
      for (int i = 0; i < taken.length; i++) {
        taken[i] = random.nextBoolean();
        if (taken[i]) {
          best.select(0, i).copyFrom(next.select(0, i));
        }
      }
      fast.accept(taken);
      if (query % 20 == 19) {
        Tensor staying = Tensors.range(best.size(0)).slice(0, 1, best.size(0)); // the first leaves
        fast.retain(staying);
        best = best.indexSelect(0, staying);
      }
    }
    assertThat(asked).isGreaterThan(15);
  }

  private static Patches windows(RandomGenerator random, int n, int side, long[] shape) {
    int[] rows = random.ints(n, 0, (int) shape[2] - side + 1).toArray();
    int[] columns = random.ints(n, 0, (int) shape[3] - side + 1).toArray();
    return new Patches(rows, columns, side, side);
  }

  private static void change(Tensor images, Patches patches, RandomGenerator random) {
    for (int i = 0; i < patches.count(); i++) {
      images
          .select(0, i)
          .slice(1, patches.rows()[i], patches.rows()[i] + patches.height())
          .slice(2, patches.columns()[i], patches.columns()[i] + patches.width())
          .fillInPlace(random.nextDouble());
    }
  }

  @Test
  void wholeImagesAreNotWorthIt() {
    try (Scope scope = Scope.open();
        Network network = network("small-cnn");
        InputGradients plan = Plan.compile(network, Precision.FLOAT32).orElseThrow();
        PatchLogits fast = plan.patches().orElseThrow()) {
      assertThat(fast.pays(28, 28)).isFalse();
      assertThat(fast.pays(3, 3)).isTrue();
    }
  }

  @Test
  void networksThatPadFromTheStartHaveNone() {
    try (Scope scope = Scope.open();
        Network network =
            Network.initialise(
                Architectures.preactResNet18(3, 10, 4).graph(), Initialisation.PYTORCH, SEED);
        InputGradients plan = Plan.compile(network, Precision.FLOAT32).orElseThrow()) {
      assertThat(plan.patches()).isEmpty();
    }
  }
}
