package io.holdfast.data.image;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Operations of AugMix on {@code [c, h, w]} in [0, 1]; strengths grow with a level in [0, 10]. */
enum AugMixOperation {
  AUTO_CONTRAST,
  EQUALISE,
  POSTERISE,
  SOLARISE,
  ROTATE,
  SHEAR_X,
  SHEAR_Y,
  TRANSLATE_X,
  TRANSLATE_Y;

  private static final AugMixOperation[] ALL = values();
  private static final int BINS = 256;

  static AugMixOperation random(RandomGenerator random) {
    return ALL[random.nextInt(ALL.length)];
  }

  /**
   * A processed copy.
   *
   * @param severity the level is drawn from [0.1, severity]
   */
  float[] apply(float[] image, int c, int h, int w, double severity, RandomGenerator random) {
    double level = (0.1 + (severity - 0.1) * random.nextDouble()) / 10;
    double signed = random.nextBoolean() ? level : -level;
    double angle = Math.toRadians(30 * signed);
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    return switch (this) {
      case AUTO_CONTRAST -> perChannel(image, c, AugMixOperation::stretch);
      case EQUALISE -> perChannel(image, c, AugMixOperation::equalise);
      case POSTERISE -> posterise(image, 4 - (int) (4 * level));
      case SOLARISE -> solarise(image, (float) (1 - level));
      case ROTATE -> warp(image, h, w, cos, -sin, 0, sin, cos, 0);
      case SHEAR_X -> warp(image, h, w, 1, 0.3 * signed, 0, 0, 1, 0);
      case SHEAR_Y -> warp(image, h, w, 1, 0, 0, 0.3 * signed, 1, 0);
      case TRANSLATE_X -> warp(image, h, w, 1, 0, signed * w / 3, 0, 1, 0);
      case TRANSLATE_Y -> warp(image, h, w, 1, 0, 0, 0, 1, signed * h / 3);
    };
  }

  private static float[] warp(float[] image, int h, int w, double... map) {
    return Warp.affine(image, h, w, map, Border.ZERO);
  }

  /** Changes one channel in place. */
  private interface Plane {
    void change(float[] image, int from, int to);
  }

  private static float[] perChannel(float[] image, int c, Plane plane) {
    float[] out = image.clone();
    int size = image.length / c;
    for (int from = 0; from < image.length; from += size) {
      plane.change(out, from, from + size);
    }
    return out;
  }

  private static void stretch(float[] image, int from, int to) {
    float low = 1;
    float high = 0;
    for (int i = from; i < to; i++) {
      low = Math.min(low, image[i]);
      high = Math.max(high, image[i]);
    }
    for (int i = from; i < to && high > low; i++) {
      image[i] = (image[i] - low) / (high - low);
    }
  }

  /** Spreads 256 grey levels so that their cumulative count grows evenly. */
  private static void equalise(float[] image, int from, int to) {
    int[] below = new int[BINS + 1];
    for (int i = from; i < to; i++) {
      below[bin(image[i]) + 1]++;
    }
    Arrays.parallelPrefix(below, Integer::sum);
    int first = below[bin(minimum(image, from, to)) + 1];
    int spread = to - from - first;
    for (int i = from; i < to && spread > 0; i++) {
      image[i] = Math.max(0, (float) (below[bin(image[i]) + 1] - first) / spread);
    }
  }

  private static float minimum(float[] image, int from, int to) {
    float low = 1;
    for (int i = from; i < to; i++) {
      low = Math.min(low, image[i]);
    }
    return low;
  }

  private static int bin(float value) {
    return Math.min(BINS - 1, Math.max(0, Math.round(value * (BINS - 1))));
  }

  private static float[] posterise(float[] image, int bits) {
    int mask = -1 << (8 - Math.max(1, bits));
    float[] out = new float[image.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (bin(image[i]) & mask) / (float) (BINS - 1);
    }
    return out;
  }

  private static float[] solarise(float[] image, float threshold) {
    float[] out = new float[image.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = image[i] < threshold ? image[i] : 1 - image[i];
    }
    return out;
  }
}
