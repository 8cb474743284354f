package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A data set whose samples have weights, groups or both, out of arrays beside the labels. */
final class Annotated extends ForwardingDataset {
  private final float @Nullable [] weights;
  private final int @Nullable [] groups;

  private Annotated(Dataset source, float @Nullable [] weights, int @Nullable [] groups) {
    super(source);
    this.weights = weights;
    this.groups = groups;
  }

  /**
   * The data with these; as they are where there are none.
   *
   * @param weights {@code [N]}, finite, at least 0, not all 0; null for none
   * @param groups integers {@code [N]} from -1, which is no group; null for none
   * @throws InvalidInputException naming the first value that is not so
   */
  static Dataset of(Dataset data, @Nullable NumberArray weights, @Nullable NumberArray groups) {
    return weights == null && groups == null
        ? data
        : new Annotated(
            data,
            weights == null ? null : weights(weights, data.size()),
            groups == null ? null : groups(groups, data.size()));
  }

  private static float[] weights(NumberArray array, int count) {
    double[] wide = array.numbers("weights");
    requireCount(array, wide.length, count);
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      weights[i] = (float) wide[i];
      if (!(weights[i] >= 0) || Float.isInfinite(weights[i])) {
        throw wrong(array, i, "a finite weight of at least 0", Double.toString(wide[i]));
      }
    }
    boolean allZero = Arrays.equals(weights, new float[count]);
    if (allZero) {
      throw new InvalidInputException(
          array.source(), array.name(), "at least one weight above 0", "only zeros");
    }
    return weights;
  }

  private static int[] groups(NumberArray array, int count) {
    long[] wide = array.integers("groups");
    requireCount(array, wide.length, count);
    int[] groups = new int[count];
    for (int i = 0; i < count; i++) {
      if (wide[i] < -1 || wide[i] > Integer.MAX_VALUE) {
        throw wrong(
            array, i, "a group from 0 to " + Integer.MAX_VALUE + ", or -1 for none", "" + wide[i]);
      }
      groups[i] = (int) wide[i];
    }
    return groups;
  }

  private static void requireCount(NumberArray array, int found, int count) {
    if (found != count) {
      throw new InvalidInputException(
          array.source(), array.name(), count + ", one for each image", "" + found);
    }
  }

  private static InvalidInputException wrong(
      NumberArray array, int index, String expected, String found) {
    return new InvalidInputException(
        array.source(), array.name() + "[" + index + "]", expected, found);
  }

  @Override
  public float weight(int index) {
    return weights == null ? super.weight(index) : weights[position(index)];
  }

  @Override
  public int group(int index) {
    return groups == null ? super.group(index) : groups[position(index)];
  }

  @Override
  public String toString() {
    return source().toString();
  }
}
