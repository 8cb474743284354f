package io.holdfast.data.image;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A random change of one image that keeps its shape and its range [0, 1]. */
@FunctionalInterface
public interface ImageTransform {

  /**
   * Changes an image in place. All randomness comes from {@code random}, which is made afresh for
   * each image; implementations are immutable and safe for many threads.
   *
   * @param pixels {@code [c, h, w]} in [0, 1]
   */
  void apply(float[] pixels, int c, int h, int w, RandomGenerator random);

  /**
   * Where {@link #apply} with the same random numbers puts the pixels, whatever it does to their
   * values; null for one that is no flip or shift.
   */
  default @Nullable Placement placement(RandomGenerator random) {
    return null;
  }

  /** What it would need instead of images {@code [c, h, w]}, or null where these will do. */
  default @Nullable String lacks(int c, int h, int w) {
    return null;
  }
}
