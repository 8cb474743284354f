package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The steps of {@link Jsma}. Shapes: n samples, D components, K classes, L losses whose slopes are
 * looked at.
 */
final class SaliencyWalk {
  private final Trail trail;
  private final double theta; // in the units of the input
  private final boolean targeted;
  private final Rows open; // [n, D] 1 where a value may still change
  private final Rows last; // [n, D] the sign of its last change

  /**
   * At the trail's points.
   *
   * @param theta by what a value changes, in widths of the box
   * @param targeted whether it goes up (down, if theta is below 0) towards a target alone
   */
  SaliencyWalk(Trail trail, double theta, boolean targeted) {
    this.trail = trail;
    this.theta = theta * trail.domain().width();
    this.targeted = targeted;
    open = trail.remember(trail.dimensions(), 1);
    last = trail.remember(trail.dimensions(), 0);
  }

  /** A choice of two values and where they go. */
  private record Choice(Saliency pair, int sign) {
    Choice orBetter(Saliency other, int way) {
      return other.score() > pair.score() ? new Choice(other, way) : this;
    }
  }

  /**
   * Changes pairs until the goal is reached, or no pair is of use.
   *
   * @param pairs at most
   */
  void run(int pairs) {
    List<Loss> losses = losses();
    for (int k = 0; k < pairs && trail.goesOn(2); k++) {
      try (Scope step = Scope.open()) {
        trail.leave(trail.look().reached());
        if (!trail.isEmpty()) {
          List<double[]> slopes = new ArrayList<>(); // L of [n D]
          trail
              .task()
              .ascend(
                  trail.inputs(),
                  losses,
                  (loss, pass) -> slopes.add(pass.gradient().to(DType.FLOAT64).toDoubles()));
          move(slopes);
        }
      }
    }
  }

  /** Towards a target its logit and its margin over the best other; else every logit. */
  private List<Loss> losses() {
    int classes = trail.task().classes();
    return targeted
        ? List.of(Losses.LOGIT, Losses.CW)
        : IntStream.range(0, classes).<Loss>mapToObj(ClassLogit::new).toList();
  }

  private void move(List<double[]> slopes) {
    AttackTask task = trail.task();
    int n = task.size();
    int d = (int) trail.dimensions();
    double[][] z = slopes.toArray(double[][]::new); // [L][n D]
    float[] x = trail.point().toFloats(); // [n D]
    float[] free = open.get().toFloats(); // [n D]
    float[] before = last.get().toFloats(); // [n D]
    long[] labels = task.reference().labels().toLongs(); // [n]
    boolean[] stuck = new boolean[n];
    for (int i = 0; i < n; i++) {
      int from = i * d;
      double[][] own = new double[z.length][]; // [L][D]
      Arrays.setAll(own, l -> Arrays.copyOfRange(z[l], from, from + d));
      int[] up = candidates(x, free, from, d, true);
      int[] down = candidates(x, free, from, d, false);
      float[] here = Arrays.copyOfRange(x, from, from + d); // [D]
      Choice choice =
          targeted ? towards(own, here, up, down) : anywhere(own, (int) labels[i], here, up, down);
      stuck[i] = !choice.pair().exists();
      if (!stuck[i]) {
        take(from + choice.pair().first(), choice.sign(), x, free, before);
        take(from + choice.pair().second(), choice.sign(), x, free, before);
      }
    }
    open.set(Tensors.of(free, n, d).to(open.get().device()));
    last.set(Tensors.of(before, n, d).to(open.get().device()));
    trail.goTo(Tensors.of(x, n, d).to(open.get().device()));
    trail.leave(Tensors.of(stuck, n, 1).to(open.get().device()));
  }

  /** Positions from 0 that may change and have room on that side. */
  private int[] candidates(float[] x, float[] free, int from, int d, boolean up) {
    float low = (float) trail.domain().low();
    float high = (float) trail.domain().high();
    return IntStream.range(0, d)
        .filter(j -> free[from + j] > 0 && (up ? x[from + j] < high : x[from + j] > low))
        .toArray();
  }

  /**
   * The best pair on the way to one target.
   *
   * @param own the slopes of its logit and of its margin, {@code [2][D]}
   * @param here where values are, {@code [D]}
   */
  private Choice towards(double[][] own, float[] here, int[] up, int[] down) {
    int sign = theta > 0 ? 1 : -1;
    double[] rival = new double[here.length]; // [D]
    Arrays.setAll(rival, j -> own[0][j] - own[1][j]);
    return new Choice(map(own[0], rival, here, sign, sign > 0 ? up : down), sign);
  }

  /** The best over all classes and directions; while it leads, the label is each one's rival. */
  private Choice anywhere(double[][] own, int label, float[] here, int[] up, int[] down) {
    Choice best = new Choice(Saliency.NONE, 1);
    for (int t = 0; t < own.length; t++) {
      if (t != label) {
        best = best.orBetter(map(own[t], own[label], here, 1, up), 1);
        best = best.orBetter(map(own[t], own[label], here, -1, down), -1);
      }
    }
    return best;
  }

  /**
   * The best pair among candidates; slopes count as far as values can go.
   *
   * @param slope of the logit that is to rise, {@code [D]}
   * @param rival the slope of the logit that is to fall, {@code [D]}
   * @param here where values are, {@code [D]}
   * @param sign where they go
   */
  private Saliency map(double[] slope, double[] rival, float[] here, int sign, int[] candidates) {
    double[] alpha = new double[slope.length];
    double[] beta = new double[slope.length];
    for (int j : candidates) {
      double way = moved(here[j], sign) - here[j];
      alpha[j] = slope[j] * way;
      beta[j] = -rival[j] * way;
    }
    return Saliency.best(alpha, beta, candidates);
  }

  /** Changes one value; over for it at a face of the box, or where it turns back. */
  private void take(int at, int sign, float[] x, float[] free, float[] before) {
    double moved = moved(x[at], sign);
    x[at] = (float) moved;
    boolean over =
        moved <= trail.domain().low() || moved >= trail.domain().high() || before[at] == -sign;
    free[at] = over ? 0 : 1;
    before[at] = sign;
  }

  /** Where a value goes in one step. */
  private double moved(float value, int sign) {
    double low = trail.domain().low();
    double high = trail.domain().high();
    return Math.max(low, Math.min(high, value + sign * Math.abs(theta)));
  }
}
