package io.holdfast.train;

import io.holdfast.common.Format;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.DoubleSupplier;

/** One budget of a training run: what it has used so far, and what its steps cost. */
final class Meter {
  private static final double AIM = 0.98; // of the limit: the rest is for what is not foreseen
  private static final int SEEN = 3; // of what is not a step, by which the next one is judged

  final String name;
  final double limit;
  final StepCost steps;
  private final DoubleSupplier now;
  private final double before;
  private final double start;
  private final Deque<Double> validations = new ArrayDeque<>();
  private final Deque<Double> probes = new ArrayDeque<>();
  private final Deque<Double> saves = new ArrayDeque<>();
  private long saved;
  private long stepped;
  private double mark;

  /**
   * @param name as it stands in the journal, with its unit
   * @param limit 0 for none
   * @param before used by the runs before this one
   * @param steps what is known of their cost
   * @param now the quantity itself, from any zero
   */
  Meter(String name, double limit, double before, StepCost steps, DoubleSupplier now) {
    this.name = name;
    this.steps = steps;
    this.limit = limit == 0 ? Double.POSITIVE_INFINITY : limit;
    this.before = before;
    this.now = now;
    start = now.getAsDouble();
    mark = start;
  }

  double used() {
    return before + usedHere();
  }

  /** Since this process began. */
  double usedHere() {
    return now.getAsDouble() - start;
  }

  /** Something begins that is measured. */
  void begin() {
    mark = now.getAsDouble();
  }

  /**
   * A step ends.
   *
   * @param amount what it computed
   * @param area part of the whole inputs that it computed on: its cost is counted as if it was all
   * @param left steps to come
   */
  void endStep(StepCost.Amount amount, double area, long left) {
    steps.add(amount, (now.getAsDouble() - mark) / area, left);
    stepped++;
  }

  void endValidation() {
    see(validations);
  }

  void endProbe() {
    see(probes);
  }

  void endSave() {
    see(saves);
    saved++;
  }

  private void see(Deque<Double> last) {
    last.addLast(now.getAsDouble() - mark);
    if (last.size() > SEEN) {
      last.removeFirst();
    }
  }

  /** The median, so that one that was held up says nothing; of two the smaller. */
  private static double usual(Deque<Double> last) {
    return last.stream().sorted().skip((last.size() - 1) / 2).findFirst().orElse(0.0);
  }

  /**
   * What one validation costs.
   *
   * @param gradients per sample of a batch that it would come to, 0 for none; for one that was not
   *     yet seen
   */
  double validation(double gradients) {
    return of(validations, gradients);
  }

  /** As {@link #validation}, of a probe for catastrophic overfitting. */
  double probe(double gradients) {
    return of(probes, gradients);
  }

  private double of(Deque<Double> seen, double gradients) {
    if (gradients == 0) {
      return 0;
    }
    return seen.isEmpty() ? steps.ofGradients(gradients) : usual(seen);
  }

  double save() {
    return usual(saves);
  }

  /** What checkpoints take of a step, in the mean. */
  double saving() {
    return stepped == 0 ? 0 : save() * saved / stepped;
  }

  /** What is left to aim at. */
  double left() {
    return limit * AIM - used();
  }

  boolean bounded() {
    return limit < Double.POSITIVE_INFINITY;
  }

  /**
   * In words, to stand behind a reason.
   *
   * @param rest that is still needed, 0 not to tell
   */
  String words(double rest) {
    return "; "
        + Format.seconds(used())
        + " of "
        + Format.seconds(limit)
        + (name.equals("seconds") ? "" : " of processor time")
        + " used"
        + (rest > 0 ? ", " + Format.seconds(rest) + " more needed" : "");
  }
}
