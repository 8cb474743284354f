package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Any values of the domain at some pixels of an image {@code [C, H, W]}, in all of their channels;
 * every other pixel stays as it is, bit for bit. Members differ in which pixels may change
 * together: any so many, those of one square, or those of the border.
 */
public sealed interface PixelSet extends PerturbationSet permits PixelChanges, SquarePatch, Frame {
  /** How many pixels, or the length in pixels that decides which may change; at least 0. */
  int size();

  /** A set of this kind of another size. */
  PixelSet ofSize(int pixels);

  /**
   * Whether all changed pixels may change together: the slow and obvious test of the independent
   * check.
   *
   * @param changed row by row, {@code [H * W]}
   */
  boolean admits(boolean[] changed, int height, int width);

  /**
   * For each image, pixels that may change together and whose worth sums to the most.
   *
   * @param worth of each pixel, {@code [N, H, W]}, float64
   * @return {@code [N, H, W]}, BOOL
   */
  Tensor best(Tensor worth);

  /** Pixels that may change together, as many as can be, at random: {@code [H * W]}. */
  boolean[] draw(RandomGenerator random, int height, int width);

  @Override
  default String key() {
    return kind() + ":" + size();
  }

  /** The size as the number that curves vary. */
  @Override
  default double epsilon() {
    return size();
  }

  /** Rounded down. */
  @Override
  default PixelSet scaled(double factor) {
    return ofSize((int) Additive.whole(size() * factor));
  }

  @Override
  default Map<String, Object> toMap() {
    return PerturbationSets.map(kind(), PerturbationSets.sizeKey(kind()), size());
  }

  @Override
  default Region around(Tensor clean, Domain domain) {
    return new PixelRegion(this, clean, domain);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A pixel is changed where any of its channels differs at all; the only tolerance is that of
   * the domain's ends.
   */
  @Override
  default boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    if (clean.length != other.length
        || shape.length != 3
        || !domain.contains(other, Additive.TOLERANCE)) {
      return false;
    }
    int height = Math.toIntExact(shape[1]);
    int width = Math.toIntExact(shape[2]);
    boolean[] changed = new boolean[height * width];
    for (int i = 0; i < clean.length; i++) {
      changed[i % changed.length] |= clean[i] != other[i];
    }
    return admits(changed, height, width);
  }

  /** Refuses a size below 0. */
  static void requireSize(String what, int size) {
    if (size < 0) {
      throw new IllegalArgumentException(what + ": a whole number of at least 0, not " + size);
    }
  }
}
