package io.holdfast.threat;

import java.util.Arrays;

/**
 * The plan within a budget that raises a linear objective most, for one image: the linear
 * minimisation oracle of Wu et al. 2020, section 4.2, as they solve it in its dual: for a price of
 * the way every pixel sends its mass where gain less price times way is highest. As the price
 * falls, a pixel's best neighbours are those on the upper hull of gain over way, so that taking the
 * steps of all hulls in the order of their slope until the budget is used up solves the problem
 * exactly, without the smoothing by which they get a plan back.
 *
 * <p>Unlike there, no pixel is filled beyond 1 on the way: a step moves what its target still
 * holds, and what could not go has further passes among the neighbours that are not full. Where
 * targets fill up, the plan is a good one, not always the best.
 */
final class BestPlan {
  private static final int PASSES = 4;
  private static final int RESTING = -1;

  private final Transport transport;
  private final int height;
  private final int width;
  private final float[] gains; // [C, K, H, W] per unit of mass
  private final double[] resting; // [C, H, W] mass that has not moved
  private final double[] room; // [C, H, W] what a pixel still holds
  private final double[] plan; // [C, K, H, W]
  private final int[] nearest; // neighbours by the length of their way, K
  private double left; // of the budget
  private long[] keys; // of steps: slope, then number
  private int[] steps; // pixel, neighbour before, neighbour after of each
  private int count;

  /**
   * A problem.
   *
   * @param masses {@code [C, H, W]}, at most 1
   * @param gains {@code [C, K, H, W]}
   * @param budget the longest way in all
   */
  BestPlan(
      Transport transport, float[] masses, float[] gains, int height, int width, double budget) {
    this.transport = transport;
    this.gains = gains;
    this.height = height;
    this.width = width;
    resting = new double[masses.length];
    room = new double[masses.length];
    Arrays.setAll(resting, i -> masses[i]);
    Arrays.setAll(room, i -> 1 - (double) masses[i]);
    plan = new double[gains.length];
    nearest = transport.nearestFirst();
    left = budget;
    keys = new long[masses.length];
    steps = new int[3 * masses.length];
  }

  /** The plan, {@code [C, K, H, W]}. */
  float[] find() {
    boolean moved = true;
    for (int pass = 0; pass < PASSES && moved && left > 0; pass++) {
      count = 0;
      for (int pixel = 0; pixel < resting.length; pixel++) {
        if (resting[pixel] > 0) {
          climb(pixel);
        }
      }
      Arrays.sort(keys, 0, count);
      moved = false;
      for (int i = count - 1; i >= 0 && left > 0; i--) {
        moved |= take(3 * (int) keys[i]); // the lower half is the number
      }
    }
    float[] narrow = new float[plan.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) plan[i];
    }
    return narrow;
  }

  /** Adds the steps of a pixel's hull, from no move at all to the highest gain. */
  private void climb(int pixel) {
    int at = RESTING;
    double way = 0;
    double height0 = 0;
    while (true) {
      double steepest = 0;
      int next = RESTING;
      for (int k : nearest) {
        double further = transport.length(k) - way;
        double slope = further > 0 ? (gains[cell(pixel, k)] - height0) / further : 0;
        if (slope > steepest && target(pixel, k) >= 0 && room[target(pixel, k)] > 0) {
          steepest = slope;
          next = k;
        }
      }
      if (next == RESTING) {
        return;
      }
      add(pixel, at, next, steepest);
      at = next;
      way = transport.length(next);
      height0 = gains[cell(pixel, next)];
    }
  }

  private void add(int pixel, int before, int after, double slope) {
    if (count == keys.length) {
      keys = Arrays.copyOf(keys, 2 * count);
      steps = Arrays.copyOf(steps, 6 * count);
    }
    steps[3 * count] = pixel;
    steps[3 * count + 1] = before;
    steps[3 * count + 2] = after;
    keys[count] = ((long) Float.floatToIntBits((float) slope) << 32) | count; // positive: in order
    count++;
  }

  /** Moves as much as there is, fits, and is left; whether anything moved. */
  private boolean take(int step) {
    int pixel = steps[step];
    int before = steps[step + 1];
    int after = steps[step + 2];
    int to = target(pixel, after);
    boolean rests = before == RESTING;
    double there = rests ? resting[pixel] : plan[cell(pixel, before)];
    double way = transport.length(after) - (rests ? 0 : transport.length(before));
    double amount = Math.min(Math.min(there, room[to]), left / way);
    if (!(amount > 0)) {
      return false;
    }
    if (rests) {
      resting[pixel] -= amount;
      room[pixel] += amount;
    } else {
      plan[cell(pixel, before)] -= amount;
      room[target(pixel, before)] += amount;
    }
    plan[cell(pixel, after)] += amount;
    room[to] -= amount;
    left -= amount * way;
    return true;
  }

  /** Where a plan has what goes from a pixel to a neighbour. */
  private int cell(int pixel, int neighbour) {
    int plane = height * width;
    return (pixel / plane * transport.neighbours() + neighbour) * plane + pixel % plane;
  }

  /** The neighbour's own number among the pixels, or -1 outside of the image. */
  private int target(int pixel, int neighbour) {
    int plane = height * width;
    int row = pixel % plane / width + transport.down(neighbour);
    int column = pixel % width + transport.right(neighbour);
    boolean inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? pixel / plane * plane + row * width + column : -1;
  }
}
