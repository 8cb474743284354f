package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Which coordinates of a space a step is about: drawn without replacement, uniformly or, with
 * importance sampling, in proportion to the largest change in a block of four by four places around
 * (Chen et al. 2017, "optimise the important pixels first").
 */
final class Coordinates {
  private static final int BLOCK = 4;
  private static final double FLOOR = 0.05; // part of the largest weight that every one has

  private final AttackSpace space;
  private final int[] order; // [D], those of the step in front
  private final int count;

  Coordinates(AttackSpace space, int count, RandomGenerator random) {
    this.space = space;
    this.count = count;
    order = Draws.permutation(space.size(), random);
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

  /** The largest change in each coordinate's block, at least a part of the largest of all: [S]. */
  private double[] weights(float[] point, float[] clean) {
    int across = (space.columns() + BLOCK - 1) / BLOCK;
    int down = (space.rows() + BLOCK - 1) / BLOCK;
    int places = space.rows() * space.columns();
    double[] blocks = new double[space.size() / places * down * across];
    for (int i = 0; i < space.size(); i++) {
      int block = block(i, down, across);
      space.visit(
          i,
          (at, weight) -> {
            double change = weight * Math.abs((double) point[at] - clean[at]);
            blocks[block] = Math.max(blocks[block], change);
          });
    }
    double largest = Arrays.stream(blocks).max().orElse(0);
    double least = largest == 0 ? 1 : FLOOR * largest;
    return IntStream.range(0, space.size())
        .mapToDouble(i -> Math.max(least, blocks[block(i, down, across)]))
        .toArray();
  }

  private int block(int coordinate, int down, int across) {
    int row = coordinate / space.columns() % space.rows() / BLOCK;
    int column = coordinate % space.columns() / BLOCK;
    int channel = coordinate / (space.rows() * space.columns());
    return (channel * down + row) * across + column;
  }
}
