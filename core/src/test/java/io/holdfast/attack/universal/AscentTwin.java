package io.holdfast.attack.universal;

import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The ascents on the clipped margin in L-infinity over [0, 1], in plain doubles, one sample after
 * the other.
 */
final class AscentTwin {
  private final SquaresModel model;
  private final Universal plan;
  private final double epsilon;
  private final double[][] x;
  private final int[] labels;
  private final List<Seed> seeds;
  private final int target;
  private final boolean stale;

  /**
   * A twin.
   *
   * @param target the wanted class, or -1
   * @param stale whether inner steps keep the gradients of the outer perturbation: what SGA is not
   */
  AscentTwin(
      SquaresModel model,
      Universal plan,
      double epsilon,
      double[][] x,
      int[] labels,
      List<Seed> seeds,
      int target,
      boolean stale) {
    this.model = model;
    this.plan = plan;
    this.epsilon = epsilon;
    this.x = x.clone();
    this.labels = labels.clone();
    this.seeds = seeds;
    this.target = target;
    this.stale = stale;
  }

  double[] made() {
    double[] delta = new double[SquaresModel.SIZE];
    int[] all = IntStream.range(0, x.length).toArray();
    for (int pass = 0; pass < plan.steps(); pass++) {
      for (int[] batch : parts(all, plan.ascent().batch(), "order", pass)) {
        double[] direction =
            plan.rule() == Universal.Rule.SGA ? inner(delta, batch, pass) : slope(batch, delta);
        step(delta, direction);
      }
    }
    return delta;
  }

  private double[] inner(double[] delta, int[] batch, int pass) {
    double[] ahead = delta.clone();
    double[] sum = new double[delta.length];
    for (int k = 0; k < plan.ascent().iterations(); k++) {
      for (int[] some :
          parts(
              batch, plan.ascent().innerBatch(), "inner", pass * plan.ascent().iterations() + k)) {
        double[] slope = slope(some, stale ? delta : ahead);
        for (int j = 0; j < sum.length; j++) {
          sum[j] += slope[j];
        }
        step(ahead, slope);
      }
    }
    return sum;
  }

  private void step(double[] delta, double[] slope) {
    for (int j = 0; j < delta.length; j++) {
      double moved = delta[j] + plan.ascent().relativeStep() * epsilon * Math.signum(slope[j]);
      delta[j] = Math.min(epsilon, Math.max(-epsilon, moved));
    }
  }

  /** Of the mean clipped margin. */
  private double[] slope(int[] some, double[] delta) {
    double[] slope = new double[delta.length];
    for (int i : some) {
      double[] moved = moved(i, delta);
      double[] z = model.logits(moved);
      int up = target < 0 ? bestOther(z, labels[i]) : target;
      int down = target < 0 ? labels[i] : bestOther(z, target);
      for (int j = 0; j < slope.length; j++) {
        boolean clipped = moved[j] != x[i][j] + delta[j];
        if (z[up] - z[down] < plan.ascent().clip() && !clipped) {
          slope[j] += (model.slope(up, moved, j) - model.slope(down, moved, j)) / some.length;
        }
      }
    }
    return slope;
  }

  double[] moved(int i, double[] delta) {
    double[] moved = new double[delta.length];
    Arrays.setAll(moved, j -> Math.min(1, Math.max(0, x[i][j] + delta[j])));
    return moved;
  }

  private static int bestOther(double[] z, int but) {
    int best = -1;
    for (int k = 0; k < z.length; k++) {
      if (k != but && (best < 0 || z[k] > z[best])) {
        best = k;
      }
    }
    return best;
  }

  private List<int[]> parts(int[] some, int most, String purpose, int number) {
    List<Integer> order = new ArrayList<>(Arrays.stream(some).boxed().toList());
    order.sort(Comparator.comparingLong(i -> seeds.get(i).split(purpose).split(number).bits()));
    int count = (order.size() + most - 1) / most;
    List<int[]> parts = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      parts.add(
          order.subList(order.size() * part / count, order.size() * (part + 1) / count).stream()
              .mapToInt(i -> i)
              .toArray());
    }
    return parts;
  }
}
