package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Which coordinates of an image a step is about: drawn without replacement, uniformly or, with
 * importance sampling, in proportion to the largest change in a block of four by four pixels around
 * (Chen et al. 2017, section 3.3).
 */
final class Coordinates {
  private static final int BLOCK = 4;
  private static final double FLOOR = 0.05; // part of the largest weight that every one has

  private final Canvas canvas;
  private final int[] order; // [D], those of the step in front
  private final int count;

  Coordinates(Canvas canvas, int count, RandomGenerator random) {
    this.canvas = canvas;
    this.count = count;
    order = Draws.permutation(canvas.size(), random);
  }

  /** The number of a coordinate of the step, from 0. */
  int at(int position) {
    return order[position];
  }

  void drawUniformly(RandomGenerator random) {
    Draws.shuffleFront(order, count, random);
  }

  /** By exponential keys (Efraimidis and Spirakis 2006): the {@code count} smallest are drawn. */
  void drawByChange(float[] point, float[] clean, RandomGenerator random) {
    double[] weight = weights(point, clean);
    double[] key = new double[weight.length];
    for (int i = 0; i < key.length; i++) {
      key[i] = -Math.log1p(-random.nextDouble()) / weight[i];
    }
    int[] sorted =
        IntStream.range(0, key.length)
            .boxed()
            .sorted((a, b) -> Double.compare(key[a], key[b]))
            .mapToInt(i -> i)
            .toArray();
    System.arraycopy(sorted, 0, order, 0, order.length);
  }

  /** The largest change in each value's block, at least a part of the largest of all: [D]. */
  private double[] weights(float[] point, float[] clean) {
    int across = (canvas.width() + BLOCK - 1) / BLOCK;
    int down = (canvas.height() + BLOCK - 1) / BLOCK;
    double[] blocks = new double[canvas.channels() * down * across];
    double largest = 0;
    for (int i = 0; i < point.length; i++) {
      double change = Math.abs((double) point[i] - clean[i]);
      int block = block(i, down, across);
      blocks[block] = Math.max(blocks[block], change);
      largest = Math.max(largest, change);
    }
    double least = largest == 0 ? 1 : FLOOR * largest;
    return IntStream.range(0, point.length)
        .mapToDouble(i -> Math.max(least, blocks[block(i, down, across)]))
        .toArray();
  }

  private int block(int value, int down, int across) {
    int row = value / canvas.width() % canvas.height() / BLOCK;
    int column = value % canvas.width() / BLOCK;
    return (value / canvas.pixels() * down + row) * across + column;
  }
}
