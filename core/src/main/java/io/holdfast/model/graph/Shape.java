package io.holdfast.model.graph;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** The size of a tensor along each dimension, immutable. A scalar has no dimensions. */
public final class Shape {
  private final long[] dims;

  private Shape(long[] dims) {
    this.dims = dims;
  }

  /**
   * A shape of these sizes.
   *
   * @throws IllegalArgumentException if a dimension is below 1
   */
  public static Shape of(long... dims) {
    for (long d : dims) {
      if (d < 1) {
        throw new IllegalArgumentException("a dimension below 1 in " + Arrays.toString(dims));
      }
    }
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** The size along {@code dim}, counted from the end where negative. */
  public long size(int dim) {
    return dims[dim < 0 ? dims.length + dim : dim];
  }

  /** Number of elements. */
  public long count() {
    return LongStream.of(dims).reduce(1, Math::multiplyExact);
  }

  public long[] toArray() {
    return dims.clone();
  }

  /** The same shape with another size along {@code dim}. */
  public Shape with(int dim, long size) {
    long[] changed = dims.clone();
    changed[dim < 0 ? dims.length + dim : dim] = size;
    return of(changed);
  }

  /** A dimension of one sample as one of the batch; counted from the end where negative. */
  public static int batchDim(int dim) {
    return dim < 0 ? dim : dim + 1;
  }

  /** This shape behind a batch dimension: {@code [n, ...]}. */
  public long[] batched(long n) {
    long[] all = new long[dims.length + 1];
    all[0] = n;
    System.arraycopy(dims, 0, all, 1, dims.length);
    return all;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** Such as {@code [3, 32, 32]}. */
  @Override
  public String toString() {
    return LongStream.of(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
