package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.kl;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.square;
import static io.holdfast.train.objective.TwinCase.squareDistance;
import static io.holdfast.train.objective.TwinCase.times;
import static io.holdfast.train.objective.TwinRow.EARLY;
import static io.holdfast.train.objective.TwinRow.LATE;
import static io.holdfast.train.objective.TwinRow.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Curve;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.consistency.InputGradient;
import io.holdfast.train.objective.consistency.Vat;
import io.holdfast.train.objective.distil.KdAt;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every objective against a twin in plain doubles: its value, and its gradient by differences. */
@ExtendWith(LeakCheck.class)
class ObjectiveTwinsTest {
  /** Those that predict where they come to by themselves. */
  private static final Set<String> ELSEWHERE = Set.of("fast-bat", "smooth-adv", "macer", "mma");

  private static final Guide GUIDE = Guide.given("teacher");

  /** A sum whose weights change: 1 to 0.2, 0 to 2 at half of training, 0 and then 3. */
  private static final Hybrid RAMPED =
      new Hybrid(
          List.of(
              new Hybrid.Term(Curve.ramp(1, 0.2, 1), new Standard()),
              new Hybrid.Term(Curve.ramp(0, 2, 0.5), new PgdAt()),
              new Hybrid.Term(
                  new Curve(List.of(new Curve.Point(0, 0), new Curve.Point(0.6, 3)), false),
                  Trades.beta(4))));

  static Stream<TwinRow> rows() {
    return Stream.of(
            plain(),
            AdversarialTwins.rows(),
            ConsistencyTwins.rows(),
            CertifiedTwins.rows(),
            DistilTwins.rows())
        .flatMap(r -> r);
  }

  private static Stream<TwinRow> plain() {
    return Stream.of(
        row(new Standard(), (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(new PgdAt(), (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        row(Trades.beta(2.5), (c, b, i) -> AdversarialTwins.trades(c, i, 2.5)),
        row(
            new Hybrid(
                List.of(
                    new Hybrid.Term(0.25, new Standard()),
                    new Hybrid.Term(0.5, new PgdAt()),
                    new Hybrid.Term(0, new Mart(5)),
                    new Hybrid.Term(2, Trades.beta(3)))),
            (c, b, i) ->
                0.25 * c.crossEntropy(c.zClean(i), i)
                    + 0.5 * c.crossEntropy(c.zWorst(i), i)
                    + 2 * (c.crossEntropy(c.zClean(i), i) + 3 * kl(c.zClean(i), c.zMirrored(i)))),
        // whose examples are of one search
        row(
            new Hybrid(List.of(new Hybrid.Term(0.5, new PgdAt()), new Hybrid.Term(2, new Mart(5)))),
            (c, b, i) -> 0.5 * c.crossEntropy(c.zWorst(i), i) + 2 * AdversarialTwins.mart(c, b, i)),
        new TwinRow(RAMPED, EARLY, (c, b, i) -> ramped(c, i, 0.92, 0.4, 0)),
        row(RAMPED, (c, b, i) -> ramped(c, i, 0.28, 2, 3)),
        row(
            new Hybrid(
                List.of(
                    new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(2, new InputGradient(0.7)))),
            (c, b, i) ->
                c.crossEntropy(c.zWorst(i), i)
                    + 2 * 0.7 * square(c.gradient(one(c.clean(), i), i))));
  }

  private static double ramped(TwinCase c, int i, double clean, double worst, double trades) {
    double beyond = c.crossEntropy(c.zClean(i), i) + 4 * kl(c.zClean(i), c.zMirrored(i));
    return clean * c.crossEntropy(c.zClean(i), i)
        + worst * c.crossEntropy(c.zWorst(i), i)
        + trades * beyond;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void lossAndGradientEqualTheSlowTwin(TwinRow row) {
    equalTheTwin(row, 0, 5);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("rows")
  void lossAndGradientEqualTheSlowTwinOnManyNetworks(TwinRow row) {
    equalTheTwin(row, 5, 20);
  }

  private static void equalTheTwin(TwinRow row, long from, long to) {
    for (long seed = from; seed < to; seed++) {
      TwinCase c = TwinCase.ofAnySize(seed);
      ToDoubleFunction<TwinCase> twin =
          now -> IntStream.range(0, N).mapToDouble(i -> row.twin().loss(now, c, i)).sum();
      try (Scope scope = Scope.open()) {
        Tensor a = Tensors.of(c.a(), c.in(), c.units()).asLeaf();
        Tensor b = Tensors.of(c.b(), c.units(), K).asLeaf();
        TwinShard shard =
            new TwinShard(c, a, b, row.progress(), row.threat(), row.objective().needsImages());
        Objective.ShardLoss loss = row.objective().loss(shard);
        predictsWhereItSays(row.objective(), loss, c);
        Tensor losses = loss.perSample();
        double[] each = losses.toDoubles();
        for (int i = 0; i < N; i++) {
          assertThat(each[i]).as("sample " + i).isCloseTo(row.twin().loss(c, c, i), within(1e-6));
        }
        double[] found =
            Autograd.grad(losses.sum(), List.of(a, b), false).stream()
                .flatMapToDouble(g -> DoubleStream.of(g.toDoubles()))
                .toArray();
        for (int p = 0; p < found.length; p++) {
          double h = 1e-5;
          double up = twin.applyAsDouble(c.with(p, h));
          double down = twin.applyAsDouble(c.with(p, -h));
          assertThat(found[p]).as("parameter " + p).isCloseTo((up - down) / (2 * h), within(1e-5));
        }
      }
    }
  }

  /** Clean logits are those of the clean inputs, robust ones those of what a search has found. */
  private static void predictsWhereItSays(
      Objective objective, Objective.ShardLoss loss, TwinCase c) {
    Tensor clean = loss.clean();
    Tensor robust = loss.robust();
    for (int i = 0; i < N; i++) {
      if (clean != null) {
        assertThat(at(clean, i)).containsExactly(c.zClean(i), within(1e-6));
      }
      if (robust != null && !ELSEWHERE.contains(objective.name())) {
        double apart = squareDistance(at(robust, i), c.zWorst(i));
        double mirrored = squareDistance(at(robust, i), c.zMirrored(i));
        assertThat(Math.min(apart, mirrored)).as(objective.name()).isLessThan(1e-10);
      }
    }
  }

  private static double[] at(Tensor logits, int i) {
    return Arrays.copyOfRange(logits.toDoubles(), i * K, (i + 1) * K);
  }

  /** Which of two teachers has which weight. */
  @Test
  void theTwoTeachersAreToldApart() {
    TwinCase c = TwinCase.random(3);
    Guide natural = Guide.given("natural");
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K);
      ShardContext shard =
          new ForwardingShard(new TwinShard(c, a, b, LATE, TwinShard.THREAT, false)) {
            @Override
            public Tensor guideLogits(Guide guide, Tensor x) {
              Tensor logits = super.guideLogits(guide, x);
              return guide.equals(natural) ? logits.mul(-1) : logits;
            }
          };
      double[] losses =
          new KdAt(0.5, 0.2, 3, 2, natural, GUIDE).loss(shard).perSample().toDoubles();
      for (int i = 0; i < N; i++) {
        double[] guide = times(c.zGuide(one(c.worst(), i)), 0.5);
        double[] student = times(c.zWorst(i), 0.5);
        double expected =
            0.5 * c.crossEntropy(c.zWorst(i), i)
                + 4 * (0.2 * kl(times(guide, -1), student) + 3 * kl(guide, student));
        assertThat(losses[i]).isCloseTo(expected, within(1e-6));
      }
    }
  }

  /** Of what a second pass over a step, at other weights, does not search for again. */
  @Test
  void theSecondStepOfFastBatIsDecidedOnce() {
    TwinCase c = TwinCase.random(5);
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN).asLeaf();
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K).asLeaf();
      ShardContext known =
          new ForwardingShard(new TwinShard(c, a, b, LATE, TwinShard.THREAT, false)) {
            @Override
            public Tensor decided(Supplier<Tensor> answer) {
              return inputs();
            }
          };
      Tensor robust = Objects.requireNonNull(new FastBat(0.5, 0.1).loss(known).robust());
      for (int i = 0; i < N; i++) {
        assertThat(at(robust, i)).containsExactly(c.zClean(i), within(1e-6));
      }
    }
  }

  private record Flat(InputGradients model) implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      return new Pass(model.logits(x), Tensors.zerosLike(x));
    }

    @Override
    public Tensor logits(Tensor x) {
      return model.logits(x);
    }

    @Override
    public void close() {}
  }

  /** As in bfloat16, whose logits do not tell the probe from the input. */
  @Test
  void whereNothingRisesVatGoesAlongItsRandomDirection() {
    TwinCase c = TwinCase.random(6);
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN).asLeaf();
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K).asLeaf();
      ShardContext flat =
          new ForwardingShard(new TwinShard(c, a, b, LATE, TwinShard.THREAT, false)) {
            @Override
            public InputGradients gradients() {
              return new Flat(super.gradients());
            }
          };
      double[] found = new Vat(1, 0.5, 0.1, 2).term(flat).perSample().toDoubles();
      for (int i = 0; i < N; i++) {
        double[] x = one(c.clean(), i);
        double[] d = TwinCase.unit(TwinShard.drawn("vat", i, -1, TwinCase.IN));
        double expected = kl(c.z(x), c.z(TwinCase.plus(x, d, 0.5)));
        assertThat(found[i]).isPositive().isCloseTo(expected, within(1e-6));
      }
    }
  }

  /** The same loss trains the network beside. */
  @Test
  void theNetworkBesideHasTheGradientOfTheWholeLoss() {
    TwinCase c = TwinCase.random(4);
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN).asLeaf();
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K).asLeaf();
      TwinShard shard = new TwinShard(c, a, b, LATE, TwinShard.THREAT, false);
      Tensor sum = DistilTwins.BESIDE.loss(shard).perSample().sum(); // []
      double[] found =
          Autograd.grad(sum, shard.beside(), false).stream()
              .flatMapToDouble(g -> DoubleStream.of(g.toDoubles()))
              .toArray();
      assertThat(found).hasSize(c.guideA().length + c.guideB().length);
      ToDoubleFunction<TwinCase> twin =
          now -> IntStream.range(0, N).mapToDouble(i -> DistilTwins.beside(now, c, i)).sum();
      for (int p = 0; p < found.length; p++) {
        double h = 1e-5;
        double up = twin.applyAsDouble(c.withGuide(p, h));
        double down = twin.applyAsDouble(c.withGuide(p, -h));
        assertThat(found[p]).as("parameter " + p).isCloseTo((up - down) / (2 * h), within(1e-5));
      }
    }
  }

  /** A new objective needs a twin. */
  @Test
  void everyObjectiveHasATwin() {
    assertThat(rows().map(r -> r.objective().name()).distinct())
        .containsExactlyInAnyOrderElementsOf(Objectives.names());
  }
}
