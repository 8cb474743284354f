package io.holdfast.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;

/** Numbers of IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
final class HalfPrecision {
  private static final int FRACTION = 10;
  private static final int MOST = 0x1f;

  /** Between the exponents' offsets of binary32 and binary16. */
  private static final int OFFSET = 127 - 15;

  private static final float SMALLEST = 0x1p-24f;

  private HalfPrecision() {}

  /** The same numbers as float32, from their little-endian bytes. */
  static float[] widen(byte... bytes) {
    ShortBuffer halves = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    float[] values = new float[halves.remaining()];
    for (int i = 0; i < values.length; i++) {
      values[i] = widen(halves.get(i));
    }
    return values;
  }

  private static float widen(short half) {
    int exponent = half >> FRACTION & MOST;
    int fraction = half & (1 << FRACTION) - 1;
    if (exponent == 0) { // a multiple of the smallest
      return half < 0 ? -(fraction * SMALLEST) : fraction * SMALLEST;
    }
    int wide = exponent == MOST ? 0xff : exponent + OFFSET;
    int sign = half & 0x8000;
    return Float.intBitsToFloat(sign << 16 | wide << 23 | fraction << (23 - FRACTION));
  }
}
