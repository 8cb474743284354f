package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batch norm across shards against batch norm of all samples at once. C = 5 channels. */
@Timeout(60)
class SynchronisedNormTest {
  private static final int[] ENDS = {0, 4, 5, 12};
  private static final double EPS = 1e-5;

  /** What one shard, or all samples at once, give. */
  private record Seen(Tensor value, Tensor mean, Tensor variance, List<Tensor> gradients) {}

  /** Inputs of all shards {@code [12, 5, 3, 2]}, far from mean 0, and what follows the norm. */
  private static Tensor inputs() {
    return Rng.of(new Seed(1)).normal(12, 5, 3, 2).mul(2).add(3).channelsLast();
  }

  private static Tensor loss(Tensor value, Tensor factors) {
    return value.to(DType.FLOAT32).mul(factors).square().sum(); // not linear
  }

  private static Tensor factors() {
    return Rng.of(new Seed(2)).normal(12, 5, 3, 2);
  }

  private static Tensor weight() {
    return Tensors.of(new float[] {1, -0.5f, 2, 0, 1.5f}, 5).asLeaf();
  }

  private static Tensor bias() {
    return Tensors.of(new float[] {0, 1, -1, 0.5f, 2}, 5).asLeaf();
  }

  private static Seen whole(DType type) {
    Tensor x = inputs().to(type).to(DType.FLOAT64).asLeaf();
    Tensor weight = weight().to(DType.FLOAT64).asLeaf();
    Tensor bias = bias().to(DType.FLOAT64).asLeaf();
    Nn.Normalised n = Nn.batchNormByBatch(x, weight, bias, EPS);
    Tensor loss = n.value().mul(factors().to(DType.FLOAT64)).square().sum();
    return new Seen(
        n.value(), n.mean(), n.variance(), Autograd.grad(loss, List.of(x, weight, bias), false));
  }

  private static List<Seen> shards(int workers, DType type, SharedScope owner) {
    try (Workers w = Workers.of(workers)) {
      return w.mapTogether(
          3,
          meeting -> {
            int from = ENDS[meeting.shard()];
            int to = ENDS[meeting.shard() + 1];
            Tensor leaf = inputs().slice(0, from, to).to(type).asLeaf();
            Tensor weight = weight();
            Tensor bias = bias();
            SynchronisedNorm.Normalised n;
            Tensor value;
            try (Scope inner = Scope.open()) { // as a forward pass has it
              n = SynchronisedNorm.apply(leaf.mul(1), weight, bias, EPS, "norm", meeting);
              value = inner.keep(n.value());
              assertThat(n.count()).isEqualTo(12 * 6);
              owner.adopt(n.mean());
              n =
                  new SynchronisedNorm.Normalised(
                      value, owner.adopt(n.mean()), owner.adopt(n.variance()), n.count());
            }
            System.gc(); // what the way back needs is reachable
            Tensor loss = loss(value, factors().slice(0, from, to));
            List<Tensor> gradients = new ArrayList<>();
            Autograd.grad(loss, List.of(leaf, weight, bias), false)
                .forEach(g -> gradients.add(owner.adopt(g)));
            return new Seen(owner.adopt(value), n.mean(), n.variance(), gradients);
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void shardsTogetherAreTheWholeBatch(DType type) {
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared()) {
      Seen whole = whole(type);
      List<Seen> parts = shards(2, type, owner);
      double accuracy = type == DType.FLOAT32 ? 1e-5 : 0.03;
      assertClose(cat(parts, Seen::value), whole.value, accuracy);
      assertClose(cat(parts, s -> s.gradients.get(0)), whole.gradients.get(0), accuracy);
      assertClose(sum(parts, 1), whole.gradients.get(1), accuracy);
      assertClose(sum(parts, 2), whole.gradients.get(2), accuracy);
      for (Seen part : parts) {
        assertThat(part.value.type()).isEqualTo(type);
        assertClose(part.mean, whole.mean, 1e-6);
        assertClose(part.variance, whole.variance, 1e-6);
      }
    }
  }

  private static Tensor cat(List<Seen> parts, java.util.function.Function<Seen, Tensor> part) {
    return Tensors.cat(parts.stream().map(part).toList(), 0);
  }

  private static Tensor sum(List<Seen> parts, int gradient) {
    return parts.stream().map(s -> s.gradients.get(gradient)).reduce(Tensor::add).orElseThrow();
  }

  /** Up to a share of the largest value. */
  private static void assertClose(Tensor actual, Tensor expected, double share) {
    Tensor off = actual.to(DType.FLOAT64).sub(expected.to(DType.FLOAT64)).abs();
    assertThat(off.max().item()).isLessThan(share * expected.abs().max().item());
  }

  @Test
  void anyNumberOfWorkersGivesTheSameBits() {
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared()) {
      List<Seen> one = shards(1, DType.FLOAT32, owner);
      List<Seen> three = shards(3, DType.FLOAT32, owner);
      for (int i = 0; i < 3; i++) {
        assertThat(three.get(i).value.sameAs(one.get(i).value)).isTrue();
        for (int k = 0; k < 3; k++) {
          assertThat(three.get(i).gradients.get(k).sameAs(one.get(i).gradients.get(k))).isTrue();
        }
      }
    }
  }

  @Test
  void whatFailsOnTheWayBackIsTold() {
    try (Workers w = Workers.of(2)) {
      assertThatThrownBy(
              () ->
                  w.mapTogether(
                      3,
                      meeting -> {
                        Tensor x = Tensors.ones(2, 1).asLeaf();
                        Tensor one = Tensors.ones(1);
                        Tensor y =
                            SynchronisedNorm.apply(x, one, one, EPS, "norm", meeting).value();
                        if (meeting.shard() == 1) {
                          y =
                              Autograd.custom(
                                  y,
                                  y,
                                  g -> {
                                    throw new HoldfastException("seen on the way back");
                                  });
                        }
                        return Autograd.grad(y.sum(), x).item();
                      }))
          .isExactlyInstanceOf(HoldfastException.class)
          .hasMessage("seen on the way back");
    }
  }
}
