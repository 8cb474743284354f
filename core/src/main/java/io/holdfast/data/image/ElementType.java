package io.holdfast.data.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Number formats of array files, all little endian. */
enum ElementType {
  UINT8(1, true),
  INT8(1, true),
  UINT16(2, true),
  INT16(2, true),
  UINT32(4, true),
  INT32(4, true),
  UINT64(8, true),
  INT64(8, true),
  /** IEEE 754 binary16. */
  FLOAT16(2, false),
  /** The upper half of a float32. */
  BFLOAT16(2, false),
  FLOAT32(4, false),
  FLOAT64(8, false);

  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);
  private static final VarHandle FLOATS = view(float[].class);
  private static final VarHandle DOUBLES = view(double[].class);

  private final int width;
  private final boolean integer;

  ElementType(int width, boolean integer) {
    this.width = width;
    this.integer = integer;
  }

  private static VarHandle view(Class<?> arrays) {
    return MethodHandles.byteArrayViewVarHandle(arrays, ByteOrder.LITTLE_ENDIAN);
  }

  /** Bytes of one element. */
  int width() {
    return width;
  }

  boolean integer() {
    return integer;
  }

  /** The element that starts at byte {@code at}. */
  double real(byte[] bytes, int at) {
    return switch (this) {
      case FLOAT16 -> half((short) SHORTS.get(bytes, at));
      case BFLOAT16 -> Float.intBitsToFloat((short) SHORTS.get(bytes, at) << 16);
      case FLOAT32 -> (float) FLOATS.get(bytes, at);
      case FLOAT64 -> (double) DOUBLES.get(bytes, at);
      default -> whole(bytes, at);
    };
  }

  /** What 1 sign, 5 exponent and 10 fraction bits stand for. */
  private static double half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    double size =
        switch (exponent) {
          case 0 -> Math.scalb((double) fraction, -24); // subnormal
          case 0x1f -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> Math.scalb((double) (fraction | 0x400), exponent - 25);
        };
    return bits < 0 ? -size : size;
  }

  /** The integer that starts at byte {@code at}; unsigned 64-bit values wrap to negative ones. */
  long whole(byte[] bytes, int at) {
    return switch (this) {
      case UINT8 -> bytes[at] & 0xff;
      case INT8 -> bytes[at];
      case UINT16 -> (short) SHORTS.get(bytes, at) & 0xffff;
      case INT16 -> (short) SHORTS.get(bytes, at);
      case UINT32 -> (int) INTS.get(bytes, at) & 0xffffffffL;
      case INT32 -> (int) INTS.get(bytes, at);
      case UINT64, INT64 -> (long) LONGS.get(bytes, at);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 ->
          throw new IllegalArgumentException(this + " is not an integer type");
    };
  }
}
