package io.holdfast.model;

import io.holdfast.tensor.Tensor;

/**
 * Logits of images that differ from known ones in one patch each: what the model computed around
 * the patch is kept and not computed again. Values equal those of {@link InputGradients#logits} up
 * to rounding. Used by one thread. Shapes: n images.
 */
public interface PatchLogits extends AutoCloseable {
  /** Whether patches of this size are worth it; else ask about whole images. */
  boolean pays(int height, int width);

  /** From now on patches change these images, {@code [n, C, H, W]}. */
  void begin(Tensor base);

  /**
   * Logits {@code [n, K]}.
   *
   * @param x {@code [n, C, H, W]}, equal to the known images but for the patches
   */
  Tensor logits(Tensor x, Patches changed);

  /**
   * Says which of the images that were asked about last are the known ones from now on; called
   * after each {@link #logits}, while the scope of that call is open.
   */
  void accept(boolean[] taken);

  /**
   * Goes on with some of the images.
   *
   * @param positions ascending, int64
   */
  void retain(Tensor positions);

  /** Frees what is kept. */
  @Override
  void close();
}
