package io.holdfast.train;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a step of training costs, learnt while it runs: {@code speed * (fixed + g)}, where g are the
 * gradients of the search per sample. The speed is that of the last steps, their median, so that
 * one that was held up says nothing about the next; the fixed part is learnt where g changes. All
 * of it is for whole inputs.
 */
final class StepCost {
  private static final double FIXED = 1.5; // forward and full backward, in gradients of inputs
  private static final double LEAST_FIXED = 0.1;
  private static final double MOST_FIXED = 50;
  private static final int WINDOW = 9;
  private static final int KNOWN = 3; // steps from which on a median says something
  private static final int CLEAR = 5; // steps from which on two amounts of work are compared
  private static final double OTHER = 0.2; // gradients by which an amount of work is another one

  private final Deque<Double> recent = new ArrayDeque<>();
  private double fixed = FIXED;
  private double speed;
  private double work; // gradients of the recent steps
  private double workBefore = Double.NaN;
  private double costBefore;
  private boolean warm;
  private double last;

  /** Adds a step; the first one, which prepares much, is left out. */
  void add(double gradients, double cost) {
    if (!warm) {
      warm = true;
      return;
    }
    last = cost;
    if (Math.abs(gradients - work) > OTHER) {
      if (recent.size() >= KNOWN) {
        workBefore = work;
        costBefore = median();
      }
      recent.clear();
      work = gradients;
    }
    recent.addLast(cost);
    if (recent.size() > WINDOW) {
      recent.removeFirst();
    }
    if (recent.size() == CLEAR && !Double.isNaN(workBefore)) {
      learn();
    }
    if (recent.size() >= KNOWN) {
      speed = median() / (fixed + work);
    }
  }

  private void learn() {
    double now = median();
    double found = (now * workBefore - costBefore * work) / (costBefore - now);
    if (Double.isFinite(found) && found > 0) {
      fixed = (fixed + Math.max(LEAST_FIXED, Math.min(MOST_FIXED, found))) / 2;
    }
  }

  private double median() {
    double[] sorted = recent.stream().mapToDouble(c -> c).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Whether enough steps were seen. */
  boolean known() {
    return speed > 0;
  }

  /** Of a step with so many gradients per sample; of the last one where too few were seen. */
  double of(double gradients) {
    return known() ? speed * (fixed + gradients) : last;
  }

  /** Of so many gradients per sample of a batch alone. */
  double ofGradients(double gradients) {
    return speed * gradients;
  }
}
