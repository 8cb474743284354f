package io.holdfast.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a step of training costs, learnt while it runs: {@code speed * (scale * f + g)}, where g are
 * the gradients of the search per sample, and f what the formulas say that the rest of the step
 * costs in such gradients. The speed is the median over the last steps, the more of them the more
 * are left, so that a slow moment is not taken for slow hours; the scale is learnt where g or f
 * changes, halfway to what two kinds of steps say. All of it is for whole inputs.
 */
final class StepCost {
  private static final double LEAST_SCALE = 0.07;
  private static final double MOST_SCALE = 33;
  private static final int LEAST_WINDOW = 9;
  private static final int MOST_WINDOW = 200;
  private static final int PART = 8; // of the steps that are left: so many tell the speed
  private static final int KNOWN = 3; // steps from which on a median says something
  private static final int CLEAR = 5; // steps from which on two amounts of work are compared
  private static final int SURE = 20; // and compared again
  private static final double APART = 1.25; // times the work: or machines drift by as much
  private static final double OTHER = 0.2; // gradients by which an amount of work is another one

  private final Deque<Seen> recent = new ArrayDeque<>();
  private double scale = 1;
  private double speed;
  private Amount work = new Amount(0, 0); // of the last steps
  private int like; // steps of that work, one after the other
  private @Nullable Seen before; // a typical step of the work before that
  private double scaleBefore = 1;
  private boolean warm;
  private final boolean coarse;

  /**
   * Nothing is known.
   *
   * @param coarse whether single costs say little, as those by a clock of slow ticks, so that their
   *     mean is taken
   * @param scale that was learnt before, 0 for none
   */
  StepCost(boolean coarse, double scale) {
    this.coarse = coarse;
    this.scale = scale > 0 ? scale : 1;
  }

  /**
   * What a step computes, per sample.
   *
   * @param gradients of the search
   * @param fixed the rest, in such gradients, at least 0
   */
  record Amount(double gradients, double fixed) {
    private boolean isOther(Amount than) {
      return Math.abs(gradients - than.gradients) > OTHER || Math.abs(fixed - than.fixed) > OTHER;
    }
  }

  private record Seen(Amount amount, double cost) {}

  /**
   * Adds a step; the first one, which prepares much, is left out.
   *
   * @param left steps to come
   */
  void add(Amount amount, double cost, long left) {
    if (!warm) {
      warm = true;
      return;
    }
    if (amount.isOther(work)) {
      if (like >= KNOWN) {
        before = new Seen(work, costAlike());
        scaleBefore = scale;
      }
      work = amount;
      like = 0;
    }
    like++;
    recent.addLast(new Seen(amount, cost));
    if (recent.size() > MOST_WINDOW) {
      recent.removeFirst();
    }
    if (before != null && (like == CLEAR || like == SURE)) {
      learn(before);
    }
    if (recent.size() >= KNOWN) {
      int window = (int) Math.max(LEAST_WINDOW, Math.min(MOST_WINDOW, left / PART));
      speed = coarse ? mean(window) : median(latest(window).mapToDouble(s -> s.cost / units(s)));
    }
  }

  private double mean(int window) {
    double cost = latest(window).mapToDouble(Seen::cost).sum();
    return cost / latest(window).mapToDouble(this::units).sum();
  }

  /** From two costs, {@code speed * (scale * f + g)} each, of work that differs clearly. */
  private void learn(Seen then) {
    double ratio = units(work) / units(then.amount);
    if (ratio < APART && ratio > 1 / APART) {
      return;
    }
    double now = costAlike();
    double found =
        (now * then.amount.gradients - then.cost * work.gradients)
            / (then.cost * work.fixed - now * then.amount.fixed);
    if (Double.isFinite(found) && found > 0) {
      scale = (scaleBefore + Math.max(LEAST_SCALE, Math.min(MOST_SCALE, found))) / 2;
    }
  }

  private double units(Seen seen) {
    return units(seen.amount);
  }

  private double units(Amount amount) {
    return scale * amount.fixed + amount.gradients;
  }

  /** What a step of the present work costs. */
  private double costAlike() {
    DoubleStream costs = latest(like).mapToDouble(Seen::cost);
    return coarse ? costs.average().orElseThrow() : median(costs);
  }

  private Stream<Seen> latest(int count) {
    return recent.stream().skip(Math.max(0, recent.size() - count));
  }

  private static double median(DoubleStream costs) {
    double[] sorted = costs.sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Whether enough steps were seen. */
  boolean known() {
    return speed > 0;
  }

  /** Of a step that computes so much; the least one where too few were seen, 0 for hardly any. */
  double of(Amount amount) {
    if (known()) {
      return speed * units(amount);
    }
    boolean some = recent.size() > 1;
    return some ? recent.stream().mapToDouble(Seen::cost).min().orElseThrow() : 0;
  }

  /** What the rest of a step costs beside what formulas say, for a run that goes on. */
  double scale() {
    return scale;
  }

  /** Of so many gradients per sample of a batch alone. */
  double ofGradients(double gradients) {
    return speed * gradients;
  }
}
