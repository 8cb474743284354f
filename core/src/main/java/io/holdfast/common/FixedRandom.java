package io.holdfast.common;

import java.util.random.RandomGenerator;

/**
 * xoshiro256++ 1.0 (Blackman and Vigna 2021). Overrides whatever {@link RandomGenerator} derives
 * from {@code nextLong}, because those derivations have changed between Java releases and our
 * streams must not.
 */
final class FixedRandom implements RandomGenerator {
  private static final double DOUBLE_UNIT = 0x1.0p-53;
  private static final float FLOAT_UNIT = 0x1.0p-24f;

  private long s0;
  private long s1;
  private long s2;
  private long s3;

  FixedRandom(long s0, long s1, long s2, long s3) {
    this.s0 = s0;
    this.s1 = s1;
    this.s2 = s2;
    this.s3 =
        (s0 | s1 | s2 | s3) == 0
            ? 1
            : s3; // the all-zero state is the only one that never leaves itself
  }

  @Override
  public long nextLong() {
    long result = Long.rotateLeft(s0 + s3, 23) + s0;
    long t = s1 << 17;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = Long.rotateLeft(s3, 45);
    return result;
  }

  @Override
  public int nextInt() {
    return (int) (nextLong() >>> 32);
  }

  @Override
  public boolean nextBoolean() {
    return nextLong() < 0;
  }

  /** Uniform in {@code [0, bound)} without bias (rejection over 63 bits of {@link #nextLong}). */
  @Override
  public int nextInt(int bound) {
    return Math.toIntExact(nextLong(bound));
  }

  @Override
  public int nextInt(int origin, int bound) {
    return Math.toIntExact(nextLong(origin, bound));
  }

  /**
   * Uniform in {@code [0, bound)} without bias: draws beyond the last full multiple of the bound
   * are rejected.
   */
  @Override
  public long nextLong(long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound must be positive, found " + bound);
    }
    long bits = nextLong() >>> 1;
    long result = bits % bound;
    while (bits - result + (bound - 1) < 0) {
      bits = nextLong() >>> 1;
      result = bits % bound;
    }
    return result;
  }

  @Override
  public long nextLong(long origin, long bound) {
    if (origin >= bound) {
      throw new IllegalArgumentException("origin " + origin + " must be below bound " + bound);
    }
    long width = bound - origin;
    if (width > 0) {
      return origin + nextLong(width);
    }
    long result = nextLong();
    while (result < origin || result >= bound) {
      result = nextLong();
    }
    return result;
  }

  @Override
  public double nextDouble() {
    return (nextLong() >>> 11) * DOUBLE_UNIT;
  }

  @Override
  public double nextDouble(double bound) {
    return nextDouble(0, bound);
  }

  @Override
  public double nextDouble(double origin, double bound) {
    checkRange(origin, bound);
    double result = origin + nextDouble() * (bound - origin);
    return result < bound ? result : Math.nextDown(bound);
  }

  @Override
  public float nextFloat() {
    return (nextLong() >>> 40) * FLOAT_UNIT;
  }

  @Override
  public float nextFloat(float bound) {
    return nextFloat(0, bound);
  }

  @Override
  public float nextFloat(float origin, float bound) {
    checkRange(origin, bound);
    float result = origin + nextFloat() * (bound - origin);
    return result < bound ? result : Math.nextDown(bound);
  }

  /**
   * Standard normal by Marsaglia's polar method; the second of each pair is discarded so that the
   * state is the four words alone.
   */
  @Override
  public double nextGaussian() {
    double u = 2 * nextDouble() - 1;
    double v = 2 * nextDouble() - 1;
    double s = u * u + v * v;
    while (s >= 1 || s == 0) {
      u = 2 * nextDouble() - 1;
      v = 2 * nextDouble() - 1;
      s = u * u + v * v;
    }
    return u * Math.sqrt(-2 * StrictMath.log(s) / s);
  }

  @Override
  public double nextGaussian(double mean, double standardDeviation) {
    if (!(standardDeviation >= 0)) {
      throw new IllegalArgumentException("standard deviation must not be negative");
    }
    return mean + standardDeviation * nextGaussian();
  }

  @Override
  public double nextExponential() {
    return -StrictMath.log1p(-nextDouble());
  }

  @Override
  public void nextBytes(byte[] bytes) {
    long word = 0;
    for (int i = 0; i < bytes.length; i++) {
      word = i % 8 == 0 ? nextLong() : word >>> 8;
      bytes[i] = (byte) word;
    }
  }

  private static void checkRange(double origin, double bound) {
    if (!(origin < bound) || !Double.isFinite(bound - origin)) {
      throw new IllegalArgumentException(
          "expected finite origin < bound, found " + origin + " and " + bound);
    }
  }
}
