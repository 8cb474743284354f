package io.holdfast.model.plan;

import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Elementwise;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.WindowPool;
import org.jspecify.annotations.Nullable;

/**
 * What one output pixel of some layers sees of their input image: a window, which moves by the
 * stride from pixel to pixel.
 */
record Reach(Size window, Size stride) {
  private static final Size ONE = Size.of(1);
  private static final Size NONE = Size.of(0);

  /** Of one layer; null if it sees more than a window, or the padding around the image. */
  static @Nullable Reach of(Layer layer) {
    if (layer instanceof Conv2d conv) {
      Size window =
          new Size(
              conv.dilation().height() * (conv.kernel().height() - 1) + 1,
              conv.dilation().width() * (conv.kernel().width() - 1) + 1);
      return conv.padding().equals(NONE) ? new Reach(window, conv.stride()) : null;
    }
    if (layer instanceof WindowPool pool) {
      return pool.padding().equals(NONE) ? new Reach(pool.kernel(), pool.stride()) : null;
    }
    boolean pixelwise =
        layer instanceof Elementwise || layer instanceof BatchNorm || layer instanceof Normalise;
    return pixelwise ? new Reach(ONE, ONE) : null;
  }

  /** Of these layers and then others. */
  Reach then(Reach next) {
    return new Reach(
        new Size(
            window.height() + (next.window.height() - 1) * stride.height(),
            window.width() + (next.window.width() - 1) * stride.width()),
        new Size(stride.height() * next.stride.height(), stride.width() * next.stride.width()));
  }
}
