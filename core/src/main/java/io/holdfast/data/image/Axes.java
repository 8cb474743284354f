package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds which axis of an array of images is which. */
final class Axes {
  private static final String SAY = "say it in the data section, as layout: nchw or layout: nhwc";

  private Axes() {}

  /**
   * The layout stated, or the only one that gives 1 or 3 channels.
   *
   * @param axes dimensions of the whole array, samples first
   */
  static Layout layout(String source, String field, List<Integer> axes, @Nullable Layout stated) {
    if (stated != null) {
      if (stated.rank() != axes.size()) {
        throw new InvalidInputException(
            source, field, stated.rank() + " axes for layout " + stated, "shape " + axes);
      }
      return stated;
    }
    if (axes.size() == 3) {
      return Layout.NHW;
    }
    if (axes.size() != 4) {
      throw new InvalidInputException(
          source, field, "images [N, H, W], [N, C, H, W] or [N, H, W, C]", "shape " + axes);
    }
    boolean first = channels(axes.get(1));
    boolean last = channels(axes.get(3));
    if (first == last) {
      String found = "shape " + axes + ", which does not show which axis holds the channels";
      throw new InvalidInputException(source, field, "a known order of axes", found, SAY);
    }
    return first ? Layout.NCHW : Layout.NHWC;
  }

  private static boolean channels(int size) {
    return size == 1 || size == 3;
  }
}
