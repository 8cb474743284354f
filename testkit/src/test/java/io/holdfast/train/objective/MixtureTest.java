package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.adversarial.Alp;
import io.holdfast.train.objective.consistency.FeaturePairing;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Samples of two labels. */
@ExtendWith(LeakCheck.class)
class MixtureTest {
  private static final float[] SHARES = {0.75f, 0.5f, 1, 0.625f, 0.875f}; // without rounding
  private static final double LATE = 0.9;

  static Stream<Objective> objectives() {
    return Stream.of(
        new Standard(),
        new PgdAt(),
        Trades.beta(2.5),
        new Alp(0.7, 0.3),
        FeaturePairing.SPEC.usual(),
        new Hybrid(List.of(new Hybrid.Term(2, new Standard()), new Hybrid.Term(1, new PgdAt()))));
  }

  private static long[] second(TwinCase c) {
    long[] others = new long[TwinCase.N];
    for (int i = 0; i < others.length; i++) {
      int other = (c.label(i) + 1 + i % 2) % TwinCase.K;
      others[i] = other;
    }
    return others;
  }

  private static TwinShard shard(TwinCase c) {
    Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
    Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
    return new TwinShard(c, a, b, LATE, TwinShard.THREAT, false);
  }

  private static double[] losses(Objective objective, ShardContext shard) {
    return objective.loss(shard).perSample().toDoubles();
  }

  /** Their cross-entropy has a slope at the clean input, so that a search may begin there. */
  @Test
  void aSearchForBothLabelsBeginsAsForOne() {
    assertThat(InnerMaximiser.Start.CLEAN.suiting(new SoftCrossEntropy()))
        .isEqualTo(InnerMaximiser.Start.CLEAN);
    TwinCase c = TwinCase.random(4);
    try (Scope scope = Scope.open()) {
      Tensor labels = Tensors.of(second(c), TwinCase.N);
      Mixture mixture = new Mixture(labels, Tensors.of(SHARES, TwinCase.N), TwinCase.K);
      Reference both =
          Reference.probabilities(
              labels, mixture.probabilities(Tensors.of(c.labels(), TwinCase.N)));
      Tensor z = shard(c).logits(shard(c).inputs()); // [N, K]
      Tensor leaf = z.detach().asLeaf();
      Loss loss = new SoftCrossEntropy();
      Tensor slope = Autograd.grad(loss.value(leaf, both).sum(), List.of(leaf), false).get(0);
      assertThat(loss.cotangent(leaf.detach(), both).toDoubles())
          .containsExactly(slope.toDoubles(), within(1e-12));
    }
  }

  /**
   * What does not depend on labels is the same with either, and cross-entropy is linear in them.
   */
  @ParameterizedTest
  @MethodSource("objectives")
  void lossesAreThoseOfBothLabelsByTheirShares(Objective objective) {
    assertThat(objective.mixes()).isTrue();
    TwinCase c = TwinCase.random(4);
    try (Scope scope = Scope.open()) {
      Tensor others = Tensors.of(second(c), TwinCase.N);
      Mixture mixture = new Mixture(others, Tensors.of(SHARES, TwinCase.N), TwinCase.K);
      double[] first = losses(objective, shard(c));
      double[] second =
          losses(
              objective,
              new ForwardingShard(shard(c)) {
                @Override
                public Tensor labels() {
                  return others;
                }
              });
      double[] both =
          losses(
              objective,
              new ForwardingShard(shard(c)) {
                @Override
                public Mixture mixture() {
                  return mixture;
                }
              });
      for (int i = 0; i < TwinCase.N; i++) {
        double expected = SHARES[i] * first[i] + (1 - SHARES[i]) * second[i];
        assertThat(both[i]).as("sample " + i).isCloseTo(expected, within(1e-9));
      }
    }
  }

  private static ShardContext counted(TwinCase c, Mixture mixture, int[] searches) {
    return new ForwardingShard(shard(c)) {
      @Override
      public Mixture mixture() {
        return mixture;
      }

      @Override
      public Tensor adversarial(Search search, Reference reference) {
        searches[0]++;
        return super.adversarial(search, reference);
      }
    };
  }

  @Test
  void termsOfASumShareTheSearchForBothLabels() {
    TwinCase c = TwinCase.random(4);
    try (Scope scope = Scope.open()) {
      Tensor others = Tensors.of(second(c), TwinCase.N);
      Mixture mixture = new Mixture(others, Tensors.of(SHARES, TwinCase.N), TwinCase.K);
      int[] searches = new int[1];
      double[] apart = losses(new PgdAt(), counted(c, mixture, searches));
      double[] other = losses(new Alp(0.7, 0.3), counted(c, mixture, searches));
      assertThat(searches[0]).isEqualTo(2);
      Hybrid sum =
          new Hybrid(
              List.of(new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(2, new Alp(0.7, 0.3))));
      double[] both = losses(sum, counted(c, mixture, searches));
      assertThat(searches[0]).isEqualTo(3);
      for (int i = 0; i < TwinCase.N; i++) {
        assertThat(both[i]).isCloseTo(apart[i] + 2 * other[i], within(1e-9));
      }
    }
  }

  @Test
  void probabilitiesAreTheSharesAndSumUpToOne() {
    try (Scope scope = Scope.open()) {
      Mixture mixture =
          new Mixture(Tensors.of(new long[] {2, 1}, 2), Tensors.of(new float[] {0.75f, 1}, 2), 3);
      assertThat(mixture.probabilities(Tensors.of(new long[] {0, 1}, 2)).toFloats())
          .containsExactly(0.75f, 0, 0.25f, 0, 1, 0);
    }
  }
}
