package io.holdfast.model.arch;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares float32 input gradients with recorded ones where a network has kinks. An image may lie
 * so close to a kink (an activation that is zero but for rounding) that the processor decides on
 * which side its gradient falls. Two gradients that differ are both right only if float64 finds
 * either of them at points next to the image; that is what is asked of every sample that differs.
 */
final class Kinks {
  private static final double EXACT = 1e-5;

  /** Points next to an image differ from it by at most this part of each pixel. */
  private static final double NEAR = 1e-6;

  private static final int POINTS = 64;

  /** Gradients in float64. */
  interface Exact {
    /**
     * The gradients at points next to an image.
     *
     * @param points {@code [P, ...]}, float64
     * @param sample whose label they have
     * @return of the shape of {@code points}
     */
    Tensor gradient(Tensor points, int sample);
  }

  /**
   * What differs by more than 1e-5.
   *
   * @param onKink samples proved to lie on a kink, with the recorded gradient on one side of it and
   *     the found one on the other
   * @param wrong all others
   */
  record Verdict(List<Integer> onKink, List<Integer> wrong) {}

  private final Exact exact;

  Kinks(Exact exact) {
    this.exact = exact;
  }

  /**
   * @param x images {@code [N, ...]} in [0, 1]
   * @param found of the shape of {@code x}
   * @param recorded of the shape of {@code x}
   */
  Verdict judge(Tensor x, Tensor found, Tensor recorded) {
    Verdict verdict = new Verdict(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < x.size(0); i++) {
      try (Scope sample = Scope.open()) {
        Tensor ours = found.slice(0, i, i + 1);
        Tensor theirs = recorded.slice(0, i, i + 1);
        if (!meets(ours, theirs)) {
          Tensor near = exact.gradient(around(x.slice(0, i, i + 1), i), i); // [P, ...]
          boolean proved = meets(near, ours) && meets(near, theirs);
          (proved ? verdict.onKink() : verdict.wrong()).add(i);
        }
      }
    }
    return verdict;
  }

  /**
   * The noise is a part of each pixel, so that a black ground stays black: windows of equal values
   * would otherwise come apart, and max-pooling would send the gradient elsewhere in each of them.
   */
  private static Tensor around(Tensor image, int sample) {
    long[] shape = image.shape();
    shape[0] = POINTS;
    Rng rng = Rng.of(new Seed(1).split("kinks").split(sample));
    Tensor noise = rng.uniform(-NEAR, NEAR, shape).to(DType.FLOAT64);
    Tensor exact = image.to(DType.FLOAT64);
    return exact.add(exact.mul(noise));
  }

  /** Whether one of {@code [P, ...]} equals {@code [1, ...]} to 1e-5. */
  private static boolean meets(Tensor candidates, Tensor wanted) {
    Tensor apart = candidates.to(DType.FLOAT64).sub(wanted.to(DType.FLOAT64)).abs();
    return apart.flatten(1, -1).max(1L).min().item() <= EXACT; // NaN meets nothing
  }
}
