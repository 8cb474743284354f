package io.holdfast.testkit.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.AtProgress;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objective.ShardLoss;
import io.holdfast.train.objective.Passes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every training objective keeps, on a small network without batch norm. A test class extends
 * this and gives one row per objective.
 */
@ExtendWith(LeakCheck.class)
public abstract class ObjectiveContract {
  private static final Seed SEED = new Seed(31);
  private static final int ALL = KitShard.SAMPLES;
  private static final double CLOSE = 1e-4;
  private static final double RATE = 0.01;
  private static final ThreatModel UNION =
      ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(0.5)).within(0, 1);

  /** The objectives under the contract. */
  protected abstract Stream<Objective> rows();

  @TestFactory
  Stream<DynamicNode> contract() {
    return rows().map(ObjectiveContract::tests);
  }

  /** What two terms have in common is made once, and counted once. */
  @TestFactory
  Stream<DynamicNode> sums() {
    List<ListedObjective<?>> all = new ArrayList<>();
    rows()
        .filter(o -> o instanceof ListedObjective<?> && !(o instanceof Hybrid))
        .forEach(o -> all.add((ListedObjective<?>) o));
    return DoubleStream.of(0, 1)
        .mapToObj(
            progress ->
                with("sums of two at progress " + progress, kit -> countSums(all, progress, kit)));
  }

  private static void countSums(List<ListedObjective<?>> all, double progress, Kit kit) {
    int steps = kit.shard(0, ALL).inner().steps();
    double[] alone = all.stream().mapToDouble(o -> forwards(o, progress, kit)).toArray();
    for (int i = 0; i < alone.length; i++) {
      for (int j = i; j < alone.length; j++) {
        ListedObjective<?> one = all.get(i);
        ListedObjective<?> other = all.get(j);
        boolean clash =
            (one.remembers() && other.remembers()) || (one.figures(1) > 0 && other.figures(1) > 0);
        if (!clash) { // else no sum has both
          Hybrid sum = new Hybrid(List.of(new Hybrid.Term(1, one), new Hybrid.Term(0.5, other)));
          Passes apart = one.passes(1, progress).plus(other.passes(1, progress));
          double shared = apart.minus(sum.passes(1, progress)).forward(steps);
          assertThat(forwards(sum, progress, kit))
              .as("%s and %s", one, other)
              .isEqualTo(alone[i] + alone[j] - shared, within(CLOSE));
        }
      }
    }
  }

  private static double forwards(Objective objective, double progress, Kit kit) {
    CountedShard counted = new CountedShard(kit.shard(0, ALL));
    try (Scope scope = Scope.open()) {
      new AtProgress(objective, progress).term(counted);
    }
    return counted.forwards();
  }

  private static DynamicContainer tests(Objective objective) {
    return dynamicContainer(
        objective.toString(),
        Stream.of(
            test(objective, "is finite, one loss per sample", ObjectiveContract::isFinite),
            test(objective, "descending its gradient lowers it", ObjectiveContract::descends),
            test(objective, "leaves the weights alone", ObjectiveContract::leavesWeights),
            test(objective, "is the same for a seed", ObjectiveContract::isDeterministic),
            test(objective, "adds up over shards", ObjectiveContract::addsUp),
            test(objective, "takes a batch of one", ObjectiveContract::takesOne),
            test(objective, "makes the passes that it says", ObjectiveContract::counts)));
  }

  private static DynamicTest test(
      Objective objective, String what, BiConsumer<Objective, Kit> check) {
    return with(what, kit -> check.accept(objective, kit));
  }

  private static DynamicTest with(String what, Consumer<Kit> check) {
    return dynamicTest(
        what,
        () -> {
          try (Scope scope = Scope.open();
              Network network = Network.initialise(graph(), Initialisation.PYTORCH, SEED);
              InputGradients tape = new TapeGradients(network.classifier(), Precision.FLOAT32)) {
            check.accept(new Kit(network, tape));
          }
        });
  }

  private static Graph graph() {
    GraphBuilder g = Graph.builder("kit");
    g.input("input", TensorType.floats(1, KitShard.SIDE, KitShard.SIDE));
    g.add("conv", Conv2d.of(4, 3));
    g.add("tanh", new Tanh());
    g.add("flatten", new Flatten());
    return g.output(g.add("out", Linear.of(KitShard.CLASSES))).build();
  }

  /** A fresh network and its gradients in evaluation mode. */
  private record Kit(Network network, InputGradients gradients) {
    KitShard shard(int from, int to) {
      return KitShard.of(network, gradients, SEED, from, to);
    }

    double[] losses(Objective objective, int from, int to) {
      return objective.loss(shard(from, to)).perSample().toDoubles();
    }
  }

  private static void isFinite(Objective objective, Kit kit) {
    ShardLoss loss = objective.loss(kit.shard(0, ALL));
    assertThat(loss.perSample().shape()).containsExactly(ALL);
    assertThat(loss.perSample().allFinite()).isTrue();
    requireLogits(loss.clean());
    requireLogits(loss.robust());
    assertThat(loss.robust() != null).as("robust logits").isEqualTo(objective.tellsRobust());
  }

  private static void requireLogits(@Nullable Tensor logits) {
    if (logits != null) {
      assertThat(logits.shape()).containsExactly(ALL, KitShard.CLASSES);
      assertThat(logits.allFinite()).isTrue();
    }
  }

  /**
   * Every parameter takes part, and a small step against the gradient lowers the sum, in which
   * samples count differently, so that classes in equal numbers do not cancel each other.
   */
  private static void descends(Objective objective, Kit kit) {
    KitShard shard = kit.shard(0, ALL);
    List<Tensor> leaves = new ArrayList<>(shard.parameters().values());
    Tensor before = objective.loss(shard).perSample().mul(Tensors.of(counts(), ALL)).sum();
    List<Tensor> slopes = Autograd.grad(before, leaves, false);
    double norm = 0;
    for (int i = 0; i < leaves.size(); i++) {
      assertThat(slopes.get(i).allFinite()).isTrue();
      double square = slopes.get(i).mul(slopes.get(i)).sum().item();
      assertThat(square).as("parameter %d takes part", i).isPositive();
      norm += square;
    }
    List<Tensor> weights = new ArrayList<>(kit.network().weights().values());
    for (int i = 0; i < weights.size(); i++) {
      weights.get(i).addInPlace(slopes.get(i), -RATE / Math.sqrt(norm));
    }
    double[] losses = kit.losses(objective, 0, ALL);
    double[] counts = counts();
    double after = IntStream.range(0, ALL).mapToDouble(i -> losses[i] * counts[i]).sum();
    double fall = before.item() - after;
    assertThat(fall / (RATE * Math.sqrt(norm))).as("to first order").isCloseTo(1, within(0.3));
  }

  private static double[] counts() {
    return IntStream.range(0, ALL).mapToDouble(i -> 0.5 + (double) i / ALL).toArray();
  }

  private static void leavesWeights(Objective objective, Kit kit) {
    String before = kit.network().hash();
    KitShard shard = kit.shard(0, ALL);
    float[] inputs = shard.inputs().toFloats();
    Autograd.grad(
        objective.loss(shard).perSample().sum(),
        new ArrayList<>(shard.parameters().values()),
        false);
    assertThat(kit.network().hash()).isEqualTo(before);
    assertThat(shard.inputs().toFloats()).isEqualTo(inputs);
  }

  private static void isDeterministic(Objective objective, Kit kit) {
    KitShard one = kit.shard(0, ALL);
    double[] first = objective.loss(one).perSample().toDoubles();
    assertThat(kit.losses(objective, 0, ALL)).isEqualTo(first);
    KitShard other = KitShard.of(kit.network(), kit.gradients(), SEED.split("another"), 0, ALL);
    double[] another = objective.loss(other).perSample().toDoubles();
    assertThat(Arrays.equals(another, first))
        .as("a loss that asks for random numbers depends on the seed, another does not")
        .isEqualTo(!one.random());
  }

  /** Losses of a sample depend on it alone, unless the objective says otherwise. */
  private static void addsUp(Objective objective, Kit kit) {
    double[] whole = kit.losses(objective, 0, ALL);
    double[] parts =
        DoubleStream.concat(
                DoubleStream.of(kit.losses(objective, 0, 5)),
                DoubleStream.of(kit.losses(objective, 5, ALL)))
            .toArray();
    if (objective.acrossBatch()) {
      assertThat(farthest(parts, whole)).as("samples of a batch count together").isPositive();
    } else {
      assertThat(parts).containsExactly(whole, within(CLOSE));
    }
  }

  private static double farthest(double[] one, double[] other) {
    return IntStream.range(0, one.length)
        .mapToDouble(i -> Math.abs(one[i] - other[i]))
        .max()
        .orElseThrow();
  }

  private static void takesOne(Objective objective, Kit kit) {
    double[] alone = kit.losses(objective, 3, 4);
    assertThat(alone).hasSize(1);
    assertThat(alone[0]).isFinite();
    if (!objective.acrossBatch()) {
      double[] whole = kit.losses(objective, 0, ALL);
      assertThat(alone).containsExactly(new double[] {whole[3]}, within(CLOSE));
    }
  }

  /** As many forward passes as {@link ListedObjective#passes} has it. */
  private static void counts(Objective objective, Kit kit) {
    if (!(objective instanceof ListedObjective<?> listed)) {
      return;
    }
    CountedShard counted = new CountedShard(kit.shard(0, ALL));
    objective.loss(counted);
    Passes passes = listed.passes();
    double forward = passes.forward(counted.inner().steps());
    assertThat(counted.forwards()).as(passes.forwardText()).isEqualTo(forward);
    assertThat(counted.guided()).isEqualTo(passes.guide());
    assertThat(counted.linear())
        .as("linear bounds")
        .isEqualTo((int) listed.passes(1, counted.progress()).linear());
    if (objective.adversarial() && !objective.boxed()) {
      countsOfUnion(listed, kit);
    }
  }

  /** The comparing of what members have found is counted, too. */
  private static void countsOfUnion(ListedObjective<?> objective, Kit kit) {
    CountedShard counted = new CountedShard(kit.shard(0, ALL).against(UNION));
    objective.loss(counted);
    Passes passes = objective.passes(UNION.members().size(), counted.progress());
    assertThat(counted.forwards())
        .as("against a union, " + passes.forwardText())
        .isEqualTo(passes.forward(counted.inner().steps()), within(CLOSE));
  }
}
