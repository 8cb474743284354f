package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Moving mass between the pixels of a window. Shapes: N images, C channels, K neighbours; masses
 * are {@code [N, C, H, W]}, plans {@code [N, C, K, H, W]} by the pixel that mass leaves.
 */
final class Transport {
  private static final int SHARED = 20; // rounds in which what is too much goes back in part

  private final int reach;
  private final int[][] ways; // rows down and columns right, K
  private final double[] lengths; // of the ways, K

  Transport(int window) {
    reach = window / 2;
    int middle = window * window / 2;
    ways = new int[window * window - 1][];
    lengths = new double[ways.length];
    for (int k = 0; k < ways.length; k++) {
      int place = k < middle ? k : k + 1;
      ways[k] = new int[] {place / window - reach, place % window - reach};
      lengths[k] = Math.hypot(ways[k][0], ways[k][1]);
    }
  }

  /** K. */
  int neighbours() {
    return ways.length;
  }

  /** Rows from a pixel down to its neighbour. */
  int down(int neighbour) {
    return ways[neighbour][0];
  }

  /** Columns from a pixel to its neighbour on the right. */
  int right(int neighbour) {
    return ways[neighbour][1];
  }

  /** Length of the way to a neighbour, in pixels. */
  double length(int neighbour) {
    return lengths[neighbour];
  }

  /** All neighbours by the length of their way. */
  int[] nearestFirst() {
    return IntStream.range(0, ways.length)
        .boxed()
        .sorted(Comparator.comparingDouble(k -> lengths[k]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The lengths of all ways, {@code [1, 1, K, 1, 1]}, float64. */
  Tensor lengths(Device device) {
    return Tensors.of(lengths, 1, 1, lengths.length, 1, 1).to(device);
  }

  /** For each pixel the values of its neighbours, zeros outside: {@code [N, C, K, H, W]}. */
  Tensor around(Tensor values) {
    long height = values.size(2);
    long width = values.size(3);
    Tensor wide = framed(values); // [N, C, H + 2 reach, W + 2 reach]
    wide.slice(2, reach, reach + height).slice(3, reach, reach + width).copyFrom(values);
    List<Tensor> all = Arrays.stream(ways).map(way -> at(wide, way, height, width)).toList();
    return Tensors.stack(all, 2);
  }

  /** Zeros with a border as wide as mass may go. */
  private Tensor framed(Tensor values) {
    return Tensors.zeros(
            values.size(0),
            values.size(1),
            values.size(2) + 2L * reach,
            values.size(3) + 2L * reach)
        .to(values.device());
  }

  private Tensor at(Tensor wide, int[] way, long height, long width) {
    long top = (long) reach + way[0];
    long left = (long) reach + way[1];
    return wide.slice(2, top, top + height).slice(3, left, left + width);
  }

  /** What leaves each pixel. */
  static Tensor leaving(Tensor plan) {
    return plan.sum(2); // [N, C, H, W]
  }

  /** What arrives at each pixel. */
  Tensor arriving(Tensor plan) {
    long height = plan.size(3);
    long width = plan.size(4);
    Tensor wide = framed(plan.select(2, 0));
    for (int k = 0; k < ways.length; k++) {
      at(wide, ways[k], height, width).addInPlace(plan.select(2, k));
    }
    return wide.slice(2, reach, reach + height).slice(3, reach, reach + width);
  }

  /** The way that all mass of a plan goes, {@code [N, 1, 1, 1, 1]}, float64. */
  Tensor way(Tensor plan) {
    Tensor wide = plan.to(DType.FLOAT64);
    return wide.mul(lengths(plan.device())).sum(1, 2, 3, 4).view(-1, 1, 1, 1, 1);
  }

  /** Shortened in proportion where it goes further than {@code budget [N, 1, 1, 1, 1]}. */
  Tensor within(Tensor budget, Tensor plan) {
    Tensor share = budget.div(way(plan).clampMin(Double.MIN_NORMAL)).clampMax(1);
    return plan.mul(share.to(DType.FLOAT32));
  }

  /**
   * A plan under which no pixel gets more than 1: what is too much goes back to where it came from,
   * in proportion; where that makes others overflow, again. After some rounds, from pixels that
   * still overflow all that arrives goes back, which ends, since nothing arrives there any more.
   *
   * @param masses of the clean image, at most 1
   */
  Tensor filled(Tensor masses, Tensor plan) {
    Tensor left = plan;
    for (int round = 0; ; round++) {
      Tensor arriving = arriving(left); // [N, C, H, W]
      Tensor excess = masses.sub(leaving(left)).add(arriving).sub(1).clampMin(0);
      if (excess.max().item() <= 1e-6) {
        return left;
      }
      Tensor back = // [N, C, H, W] the part of what arrives that goes back
          round < SHARED
              ? excess.div(arriving.clampMin(Float.MIN_NORMAL)).clampMax(1)
              : excess.gt(0).to(DType.FLOAT32);
      left = left.mul(around(back).neg().add(1));
    }
  }
}
