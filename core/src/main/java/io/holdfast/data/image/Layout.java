package io.holdfast.data.image;

import java.util.List;

/** Order of the axes of an array of images; samples come first. */
public enum Layout {
  /** Grey images {@code [N, H, W]}. */
  NHW,
  /** {@code [N, C, H, W]}, the order used everywhere else. */
  NCHW,
  /** {@code [N, H, W, C]}, as image files have it. */
  NHWC;

  /** Number of axes. */
  int rank() {
    return this == NHW ? 3 : 4;
  }

  /** {@code [C, H, W]} of an array with these axes. */
  List<Integer> sample(List<Integer> axes) {
    return switch (this) {
      case NHW -> List.of(1, axes.get(1), axes.get(2));
      case NCHW -> List.of(axes.get(1), axes.get(2), axes.get(3));
      case NHWC -> List.of(axes.get(3), axes.get(1), axes.get(2));
    };
  }
}
