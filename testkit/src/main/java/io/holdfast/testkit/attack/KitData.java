package io.holdfast.testkit.attack;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/**
 * Images {@code [1, 8, 8]} in [0, 1] of five classes: the first row tells the class, under noise;
 * the other rows are noise alone, clipped, so that half of their pixels lie on a face of the box.
 */
public final class KitData {
  static final int CLASSES = 5;
  static final int SIDE = 8;
  static final int SIZE = SIDE * SIDE;
  private static final double NOISE = 0.35;

  private final float[] pixels;
  private final int[] labels;

  private KitData(float[] pixels, int[] labels) {
    this.pixels = pixels;
    this.labels = labels;
  }

  /** Draws {@code n} images. */
  public static KitData draw(Seed seed, int n) {
    float[][] patterns = new float[CLASSES][SIZE];
    RandomGenerator pattern = new Seed(77).generator();
    for (float[] p : patterns) {
      for (int j = 0; j < SIZE; j++) {
        p[j] = (float) (0.25 + 0.5 * pattern.nextDouble());
      }
    }
    RandomGenerator random = seed.generator();
    float[] pixels = new float[n * SIZE];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % CLASSES;
      for (int j = 0; j < SIZE; j++) {
        double value = patterns[labels[i]][j] + NOISE * random.nextGaussian();
        pixels[i * SIZE + j] = (float) Math.min(1, Math.max(0, value));
      }
    }
    return new KitData(pixels, labels);
  }

  static long[] shape() {
    return new long[] {1, SIDE, SIDE};
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /** {@code [N, 1, 8, 8]} in the innermost open scope. */
  public Tensor inputs() {
    return Tensors.of(pixels, labels.length, 1, SIDE, SIDE);
  }

  public int[] labels() {
    return labels.clone();
  }

  Tensor labelTensor() {
    return Tensors.of(Arrays.stream(labels).asLongStream().toArray(), labels.length);
  }

  /** Ids that are no positions. */
  public long[] ids() {
    return LongStream.range(0, labels.length).map(i -> 1000 + 7 * i).toArray();
  }

  /** The images at these positions; their ids are given by {@link #ids(int...)}. */
  public KitData select(int... positions) {
    float[] some = new float[positions.length * SIZE];
    int[] own = new int[positions.length];
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(pixels, positions[i] * SIZE, some, i * SIZE, SIZE);
      own[i] = labels[positions[i]];
    }
    return new KitData(some, own);
  }

  /** The ids of the images at these positions. */
  public long[] ids(int... positions) {
    long[] all = ids();
    return Arrays.stream(positions).mapToLong(i -> all[i]).toArray();
  }
}
