package io.holdfast.attack.minimal;

import io.holdfast.threat.Norm;
import java.util.function.DoublePredicate;

/**
 * The local problem of Brendel et al. 2019 (section 2, equation 1): the shortest change of a clean
 * input for which the linearised model is on its boundary, inside the box and near to where the
 * search stands:
 *
 * <p>{@code min |k|_p subject to b (k - k0) = c, |k - k0|_2 <= r, low <= k <= high}.
 *
 * <p>With a weight for the region and a multiplier for the boundary the problem falls apart into
 * one per value, which has a closed form: {@code min f(k_j) + mu/2 (k_j - k0_j)^2 - lambda b_j
 * k_j}, where f is {@code k^2 / 2}, {@code |k|} or 1 for what is not 0; in L-infinity, {@code k_j}
 * is bounded by a limit t in place of the first term, and the second is left as it is. What is made
 * up, {@code b (k - k0)}, never falls with lambda, and the distance from k0 never grows with mu or
 * t, so that two nested searches on intervals find both, whatever the norm. In L0, which is not
 * convex, what they find is feasible and the best of its kind, not always the best of all.
 *
 * <p>Where the boundary cannot be reached inside box and region the step goes towards it as far as
 * the region lets it. Of one sample; used by one thread. Shapes: D components.
 */
final class TrustRegion {
  /** Weights of the region from none to all, as powers of ten. */
  private static final double LIGHTEST = -6;

  private static final double HEAVIEST = 9;

  /** Steps of the outer search at most. */
  private static final int NARROWINGS = 20;

  /** How near its ends come to each other at a jump for the outer search to be over, in L0. */
  private static final double NARROW = 1e-3;

  /** Steps of other searches at most. */
  private static final int HALVINGS = 100;

  /** Of these the first, where they may be more clever. */
  private static final int GUESSES = 16;

  private static final int DOUBLINGS = 70;

  /** By which part a step may stay within its region for the search to be over. */
  private static final double SLACK = 0.02;

  /** To which part of it the boundary is met. */
  private static final double EXACT = 1e-6;

  private static final double TINY = 1e-12;

  /** The two sides of a jump are no further apart than this, as a part of the multiplier. */
  private static final double JUMP = 1e-7;

  private final Norm norm;
  private final double[] from; // [D] k0
  private final double[] low; // [D], at most 0
  private final double[] high; // [D], at least 0
  private final double[] slopes; // [D] b, of Euclidean length 1
  private final double[] change; // [D] k
  private double mu; // the region's weight; in L-infinity the limit t
  private boolean near; // whether size plays no part: the step is the shortest
  private double made; // b (k - k0)
  private double moved; // |k - k0|_2
  private double lambda = 1; // where the last search ended

  /**
   * A place to stand.
   *
   * @param from the present change {@code [D]}, inside the box
   * @param low least changes {@code [D]}
   * @param high largest changes {@code [D]}
   * @param slopes of the linearised model {@code [D]}; overwritten
   */
  TrustRegion(Norm norm, double[] from, double[] low, double[] high, double[] slopes) {
    this.norm = norm;
    this.from = from;
    this.low = low;
    this.high = high;
    this.slopes = slopes;
    change = from.clone();
  }

  /**
   * The next change {@code [D]}.
   *
   * @param missing what the linear function has to gain, c
   * @param radius of the region, above 0
   */
  double[] solve(double missing, double radius) {
    double steepness = 0;
    for (double b : slopes) {
      steepness += b * b;
    }
    steepness = Math.sqrt(steepness);
    if (steepness == 0) {
      return change; // nothing is known about the boundary
    }
    for (int j = 0; j < slopes.length; j++) {
      slopes[j] /= steepness;
    }
    double c = missing / steepness;
    near = true;
    if (!meet(c) || moved > radius) {
      approach(c, radius);
      return change;
    }
    near = false;
    shorten(c, radius);
    return change;
  }

  // ---- the outer search

  /** As far towards the boundary as the region and the box let go; {@link #near} holds. */
  private void approach(double c, double radius) {
    double side = Math.signum(c);
    double top = radius;
    for (int i = 0; i < DOUBLINGS && place(side * top) <= radius; i++) {
      top *= 2;
    }
    if (moved > radius) {
      narrow(0, top, size -> place(side * size) <= radius, radius);
    }
  }

  /** The smallest size among those that the region admits. */
  private void shorten(double c, double radius) {
    double loose = norm == Norm.LINF ? leastLimit(c) : LIGHTEST;
    if (weighed(loose, c) <= radius) {
      return;
    }
    double tight = norm == Norm.LINF ? largest() : HEAVIEST;
    narrow(tight, loose, weight -> weighed(weight, c) <= radius, radius);
  }

  /** The distance from k0 at a weight; infinite where the boundary is then out of reach. */
  private double weighed(double weight, double c) {
    mu = norm == Norm.LINF ? weight : Math.pow(10, weight);
    return meet(c) ? moved : Double.POSITIVE_INFINITY;
  }

  /**
   * The last admissible place between one that is and one that is not. Over as soon as nearly the
   * whole radius is used; at a jump that may never be so.
   */
  private void narrow(double good, double bad, DoublePredicate admissible, double radius) {
    double yes = good;
    double no = bad;
    double used = admissible.test(good) ? moved : radius; // the values are there now
    double[] kept = change.clone();
    for (int i = 0; i < NARROWINGS && used < radius * (1 - SLACK); i++) {
      if (norm == Norm.L0 && !near && Math.abs(yes - no) < NARROW) {
        break;
      }
      double middle = (yes + no) / 2;
      if (admissible.test(middle)) {
        yes = middle;
        used = moved;
        System.arraycopy(change, 0, kept, 0, kept.length);
      } else {
        no = middle;
      }
    }
    System.arraycopy(kept, 0, change, 0, kept.length);
  }

  /** In L-infinity the smallest limit at which the boundary can be reached at all. */
  private double leastLimit(double c) {
    double atClean = 0; // made up by no change
    for (int j = 0; j < from.length; j++) {
      atClean -= slopes[j] * from[j];
    }
    double side = Math.signum(c - atClean);
    double yes = largest();
    double no = 0;
    for (int i = 0; i < HALVINGS && side != 0 && yes - no > EXACT * yes; i++) {
      mu = (yes + no) / 2;
      place(side * Double.POSITIVE_INFINITY);
      if ((made - c) * side >= 0) {
        yes = mu;
      } else {
        no = mu;
      }
    }
    return yes;
  }

  /** No change is larger than this. */
  private double largest() {
    double most = 0;
    for (int j = 0; j < low.length; j++) {
      most = Math.max(most, Math.max(-low[j], high[j]));
    }
    return most;
  }

  // ---- the inner search

  /**
   * Places values so that the boundary is met.
   *
   * @return whether that is possible inside the box
   */
  private boolean meet(double c) {
    double tolerance = EXACT * Math.abs(c) + TINY;
    place(lambda);
    double[] end = {lambda, made};
    double[] start = end.clone();
    double step = Math.max(Math.abs(lambda), TINY);
    boolean rises = made < c;
    for (int i = 0;
        i < DOUBLINGS && rises == (end[1] < c) && Math.abs(end[1] - c) > tolerance;
        i++) {
      start = end.clone();
      end[0] += rises ? step : -step;
      step *= 2;
      place(end[0]);
      end[1] = made;
    }
    if (Math.abs(end[1] - c) <= tolerance) {
      lambda = end[0];
      return true;
    }
    if (rises == (end[1] < c)) {
      lambda = 1;
      return false;
    }
    between(rises ? start : end, rises ? end : start, c, tolerance);
    return true;
  }

  /**
   * False position in the Illinois form (Dowell and Jarratt 1971), halving where that is slow: to
   * where the boundary is met, or between the two sides of a jump.
   *
   * @param below lambda and what is made up, less than c
   * @param above the same, more than c
   */
  private void between(double[] below, double[] above, double c, double tolerance) {
    double weightBelow = below[1] - c;
    double weightAbove = above[1] - c;
    int side = 0;
    for (int i = 0; i < HALVINGS; i++) {
      double width = above[0] - below[0];
      if (width <= JUMP * Math.abs(above[0]) + TINY) {
        break;
      }
      double part = i > GUESSES ? 0.5 : weightBelow / (weightBelow - weightAbove);
      double next = below[0] + part * width;
      place(next);
      lambda = next;
      if (Math.abs(made - c) <= tolerance) {
        return;
      }
      if (made < c) {
        below[0] = next;
        below[1] = made;
        weightBelow = made - c;
        weightAbove /= side < 0 ? 2 : 1;
        side = -1;
      } else {
        above[0] = next;
        above[1] = made;
        weightAbove = made - c;
        weightBelow /= side > 0 ? 2 : 1;
        side = 1;
      }
    }
    mix(below, above, c);
  }

  /** Between two neighbours on the sides of a jump, on the boundary. */
  private void mix(double[] below, double[] above, double c) {
    place(below[0]);
    double[] other = change.clone();
    place(above[0]);
    double part = (c - below[1]) / Math.max(above[1] - below[1], Double.MIN_NORMAL);
    double distance = 0;
    for (int j = 0; j < change.length; j++) {
      change[j] = other[j] + part * (change[j] - other[j]);
      double step = change[j] - from[j];
      distance += step * step;
    }
    made = c;
    moved = Math.sqrt(distance);
    lambda = above[0];
  }

  /**
   * Places every value for one multiplier of the boundary, in the units of changes.
   *
   * @return how far they moved
   */
  private double place(double multiplier) {
    if (near) {
      push(1, multiplier);
    } else {
      switch (norm) {
        case LINF -> limit(multiplier);
        case L2 -> push(mu / (1 + mu), multiplier);
        case L1 -> thin(multiplier * (1 + mu) / mu, 1 / mu);
        case L0 -> count(multiplier * (1 + mu));
      }
    }
    measure();
    return moved;
  }

  /** {@code keep k0 + force b}, which are the best values in L2. */
  private void push(double keep, double force) {
    for (int j = 0; j < change.length; j++) {
      double k = keep * from[j] + force * slopes[j];
      change[j] = Math.max(low[j], Math.min(high[j], k));
    }
  }

  /** No value is larger than the limit; the force may be infinite. */
  private void limit(double force) {
    for (int j = 0; j < change.length; j++) {
      double k = slopes[j] == 0 ? from[j] : from[j] + force * slopes[j];
      change[j] = Math.max(low[j], Math.min(high[j], Math.max(-mu, Math.min(mu, k))));
    }
  }

  /** Values of a size below {@code cut} are 0, the others that much smaller. */
  private void thin(double force, double cut) {
    for (int j = 0; j < change.length; j++) {
      double k = from[j] + force * slopes[j];
      double kept = k - Math.max(-cut, Math.min(cut, k));
      change[j] = Math.max(low[j], Math.min(high[j], kept));
    }
  }

  /** A value is not 0 only where that is worth being counted. */
  private void count(double force) {
    for (int j = 0; j < change.length; j++) {
      double push = force * slopes[j];
      double k = Math.max(low[j], Math.min(high[j], from[j] + push / mu));
      double step = k - from[j];
      double undone = mu / 2 * from[j] * from[j];
      change[j] = 1 + mu / 2 * step * step - push * k < undone ? k : 0;
    }
  }

  /** What is made up and how far it is, in sums side by side, so that none waits for another. */
  private void measure() {
    double gain = 0;
    double distance = 0;
    double gain2 = 0;
    double distance2 = 0;
    int pairs = change.length - change.length % 2;
    for (int j = 0; j < pairs; j += 2) {
      double step = change[j] - from[j];
      double step2 = change[j + 1] - from[j + 1];
      gain += slopes[j] * step;
      gain2 += slopes[j + 1] * step2;
      distance += step * step;
      distance2 += step2 * step2;
    }
    for (int j = pairs; j < change.length; j++) {
      double step = change[j] - from[j];
      gain += slopes[j] * step;
      distance += step * step;
    }
    made = gain + gain2;
    moved = Math.sqrt(distance + distance2);
  }
}
