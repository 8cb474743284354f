package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.TensorType;
import io.holdfast.tensor.DType;
import java.util.List;

/**
 * What layers check: their settings when they are made, their inputs when they are put together.
 */
final class Checks {
  private final Problems problems;

  private Checks(String layer) {
    problems = new Problems("layer " + layer);
  }

  /** Begins the check of a layer's settings. */
  static Checks of(String layer) {
    return new Checks(layer);
  }

  Checks atLeast(String field, int low, int value) {
    return require(value >= low, field, "a whole number from " + low, value);
  }

  Checks atLeast(String field, int low, Size value) {
    return require(
        value.height() >= low && value.width() >= low, field, "numbers from " + low, value);
  }

  Checks positive(String field, double value) {
    return require(value > 0 && Double.isFinite(value), field, "a number above 0", value);
  }

  Checks within(String field, double low, double high, double value) {
    return require(
        value >= low && value <= high, field, "a number in [" + low + ", " + high + "]", value);
  }

  Checks require(boolean right, String field, String expected, Object found) {
    if (!right) {
      problems.add(field, expected, String.valueOf(found));
    }
    return this;
  }

  /** Ends the check with everything that was wrong. */
  void done() {
    problems.throwIfAny();
  }

  // ---- inputs

  /** Adds a problem unless it is right; gives back whether it is. */
  static boolean input(boolean right, String expected, TensorType found, Problems problems) {
    if (!right) {
      problems.add("input", expected, found.toString());
    }
    return right;
  }

  static boolean floating(TensorType x, Problems problems) {
    return input(x.dtype().isFloating(), "a floating tensor", x, problems);
  }

  /** A floating {@code [C, H, W]}. */
  static boolean image(TensorType x, Problems problems) {
    boolean right = x.dtype().isFloating() && x.shape().rank() == 3;
    return input(right, "a floating tensor [C, H, W]", x, problems);
  }

  static boolean floating(List<TensorType> inputs, Problems problems) {
    boolean right = true;
    for (TensorType x : inputs) {
      right &= floating(x, problems);
    }
    return right;
  }

  /** A dimension of {@code x}, counted from its end where negative. */
  static boolean dimension(int dim, TensorType x, Problems problems) {
    int rank = x.shape().rank();
    return input(dim >= -rank && dim < rank, "a tensor with dimension " + dim, x, problems);
  }

  static TensorType floats(long... shape) {
    return new TensorType(DType.FLOAT32, io.holdfast.model.graph.Shape.of(shape));
  }
}
