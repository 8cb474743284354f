package io.holdfast.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Making tensors: filled, from arrays, joined. New tensors belong to the innermost open scope and
 * lie on the processor, but for those made like or of others; {@link Tensor#to(Device)} moves them.
 */
public final class Tensors {
  private static final double LARGE = 1 << 28;

  private Tensors() {}

  public static Tensor zeros(long... shape) {
    return zeros(DType.FLOAT32, shape);
  }

  public static Tensor zeros(DType type, long... shape) {
    requireRoom(type, shape);
    return Tensor.made(torch.zeros(shape, Scalars.NO_NAMES, options(type)));
  }

  /** Zeros of the shape, type, device and memory order of {@code other}. */
  public static Tensor zerosLike(Tensor other) {
    Scope.current();
    return Tensor.wrap(torch.zeros_like(other.raw()));
  }

  /** Uninitialised memory of the shape, type, device and memory order of {@code other}. */
  public static Tensor emptyLike(Tensor other) {
    Scope.current();
    return Tensor.wrap(torch.empty_like(other.raw()));
  }

  public static Tensor ones(long... shape) {
    return full(1, shape);
  }

  public static Tensor full(double value, long... shape) {
    return full(DType.FLOAT32, value, shape);
  }

  public static Tensor full(DType type, double value, long... shape) {
    requireRoom(type, shape);
    return Tensor.made(torch.full(shape, Scalars.of(value), Scalars.NO_NAMES, options(type)));
  }

  /** Uninitialised memory; every element is to be written before it is read. */
  public static Tensor empty(DType type, long... shape) {
    requireRoom(type, shape);
    return Tensor.made(torch.empty(shape, Scalars.NO_NAMES, options(type), Scalars.ANY_LAYOUT));
  }

  /** A float32 tensor with these values in row-major order. */
  public static Tensor of(float[] values, long... shape) {
    return filled(DType.FLOAT32, fit(values.length, shape), to -> new FloatPointer(to).put(values));
  }

  /** A float64 tensor with these values in row-major order. */
  public static Tensor of(double[] values, long... shape) {
    return filled(
        DType.FLOAT64, fit(values.length, shape), to -> new DoublePointer(to).put(values));
  }

  /** An int64 tensor with these values in row-major order. */
  public static Tensor of(long[] values, long... shape) {
    return filled(DType.INT64, fit(values.length, shape), to -> new LongPointer(to).put(values));
  }

  /** A boolean tensor with these values in row-major order. */
  public static Tensor of(boolean[] values, long... shape) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return ofBytes(DType.BOOL, bytes, shape);
  }

  /**
   * {@code [n, 1, ..., 1]}, of as many dimensions as {@code t [n, ...]} has: a number for each
   * sample in that shape broadcasts to all of its values.
   */
  public static long[] perSample(Tensor t) {
    long[] shape = new long[t.rank()];
    Arrays.fill(shape, 1);
    shape[0] = t.size(0);
    return shape;
  }

  /**
   * A tensor of any element type from its raw little-endian bytes in row-major order.
   *
   * @throws IllegalArgumentException if the number of bytes does not fit type and shape
   */
  public static Tensor ofBytes(DType type, byte[] bytes, long... shape) {
    long[] fitted = fit(bytes.length / type.bytes(), shape);
    if (bytes.length % type.bytes() != 0) {
      throw new IllegalArgumentException(
          bytes.length + " bytes are no whole number of " + type + " elements");
    }
    return filled(type, fitted, to -> new BytePointer(to).put(bytes));
  }

  /** Float32 from the little-endian bytes of numbers in half precision (IEEE 754 binary16). */
  static Tensor ofHalf(byte[] bytes, long... shape) {
    Tensor packed = ofBytes(DType.UINT8, bytes, bytes.length); // [2 * n]
    Tensor halves = Tensor.wrap(packed.raw().view(ScalarType.Half)); // [n]
    return halves.to(DType.FLOAT32).view(shape);
  }

  private static Tensor filled(DType type, long[] shape, Consumer<Pointer> put) {
    Tensor t = empty(type, shape);
    if (t.count() > 0) { // an empty tensor has no memory
      put.accept(t.handle().data_ptr());
    }
    return t;
  }

  /** The numbers 0 .. n-1 as int64. */
  public static Tensor range(long n) {
    long[] values = new long[Math.toIntExact(n)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return of(values, n);
  }

  /** Joins tensors along an existing dimension. */
  public static Tensor cat(List<Tensor> parts, long dim) {
    Scope.current();
    return Tensor.wrap(torch.cat(vector(parts), dim));
  }

  /** Joins tensors of one shape along a new dimension. */
  public static Tensor stack(List<Tensor> parts, long dim) {
    Scope.current();
    return Tensor.wrap(torch.stack(vector(parts), dim));
  }

  /** {@code condition ? a : b}, element by element. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return Tensor.wrap(torch.where(condition.raw(), a.raw(), b.raw()));
  }

  static TensorVector vector(List<Tensor> tensors) {
    TensorVector v = new TensorVector();
    for (Tensor t : tensors) {
      v.push_back(t.raw());
    }
    return v;
  }

  static TensorOptions options(DType type) {
    return new TensorOptions(type.scalarType);
  }

  /** Large tensors are refused before they are made; that a scope is open is checked as well. */
  private static void requireRoom(DType type, long[] shape) {
    Scope.current();
    double bytes = type.bytes();
    for (long n : shape) {
      bytes *= n;
    }
    if (bytes >= LARGE) {
      Memory.checkRoom(bytes);
    }
  }

  private static long[] fit(long count, long[] shape) {
    long[] result = shape.length == 0 && count != 1 ? new long[] {count} : shape;
    long product = 1;
    for (long n : result) {
      product = Math.multiplyExact(product, n);
    }
    if (product != count) {
      throw new IllegalArgumentException(
          count + " values do not fill the shape " + Arrays.toString(shape));
    }
    return result;
  }
}
