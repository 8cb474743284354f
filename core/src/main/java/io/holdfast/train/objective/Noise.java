package io.holdfast.train.objective;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/** Random numbers that depend on the sample, not on its neighbours. */
public final class Noise {
  private Noise() {}

  /**
   * Standard normal numbers of the shape, type and place of {@code like [n, ...]}, off the tape.
   *
   * @param seeds one per sample
   */
  public static Tensor normal(List<Seed> seeds, Tensor like) {
    long[] shape = like.shape();
    long[] one = Arrays.copyOfRange(shape, 1, shape.length);
    return Rng.normalRows(seeds, one).to(like.type()).to(like.device()); // [n, ...]
  }

  /** As {@link #normal}, each sample scaled to length 1. */
  public static Tensor direction(List<Seed> seeds, Tensor like) {
    return unit(normal(seeds, like));
  }

  /** {@code t [n, ...]} with each sample scaled to length 1 in L2; zero stays zero. */
  public static Tensor unit(Tensor t) {
    Tensor square = Predictions.squareNorm(t.to(DType.FLOAT64)); // [n], also of tiny numbers
    Tensor length = square.sqrt().to(t.type()).clampMin(Float.MIN_NORMAL); // [n]
    return t.div(length.view(Tensors.perSample(t))); // [n, ...]
  }
}
