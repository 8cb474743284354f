package io.holdfast.evaluate;

import io.holdfast.data.Dataset;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Some samples of a data set, as tensors of the scope that was innermost when they were read. */
final class Chunk {
  private final Dataset data;
  private final int[] indices;
  private final float[] values; // [N, ...]
  private final Tensor x; // [N, ...]

  private Chunk(Dataset data, int[] indices, float[] values) {
    this.data = data;
    this.indices = indices;
    this.values = values;
    long[] shape = data.info().shapeArray();
    x =
        Tensors.of(
            values, LongStream.concat(LongStream.of(size()), LongStream.of(shape)).toArray());
  }

  static Chunk read(Dataset data, int... indices) {
    return new Chunk(data, indices, data.read(indices));
  }

  /** Consecutive parts of at most {@code most} indices. */
  static List<int[]> parts(int[] indices, int most) {
    List<int[]> parts = new ArrayList<>();
    for (int from = 0; from < indices.length; from += most) {
      parts.add(Arrays.copyOfRange(indices, from, Math.min(indices.length, from + most)));
    }
    return parts;
  }

  /** The samples at these positions of this chunk. */
  Chunk at(List<Integer> positions) {
    return read(data, positions.stream().mapToInt(p -> indices[p]).toArray());
  }

  int size() {
    return indices.length;
  }

  Tensor x() {
    return x;
  }

  /** The values of {@link #x}, row-major; not to be changed. */
  float[] values() {
    return values;
  }

  int[] labels() {
    return Arrays.stream(indices).map(data::label).toArray();
  }

  long[] ids() {
    return Arrays.stream(indices).mapToLong(data::id).toArray();
  }

  long id(int position) {
    return data.id(indices[position]);
  }

  int label(int position) {
    return data.label(indices[position]);
  }

  int group(int position) {
    return data.group(indices[position]);
  }
}
