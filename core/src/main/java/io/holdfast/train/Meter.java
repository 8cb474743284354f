package io.holdfast.train;

import io.holdfast.common.Format;
import java.util.function.DoubleSupplier;

/** One budget of a training run: what it has used so far, and what its steps cost. */
final class Meter {
  private static final double AIM = 0.98; // of the limit: the rest is for what is not foreseen

  final String name;
  final double limit;
  final StepCost steps = new StepCost();
  private final DoubleSupplier now;
  private final double before;
  private final double start;
  private double validation = Double.NaN;
  private double probe = Double.NaN;
  private double save;
  private double mark;

  /**
   * @param name as it stands in the journal, with its unit
   * @param limit 0 for none
   * @param before used by the runs before this one
   * @param now the quantity itself, from any zero
   */
  Meter(String name, double limit, double before, DoubleSupplier now) {
    this.name = name;
    this.limit = limit == 0 ? Double.POSITIVE_INFINITY : limit;
    this.before = before;
    this.now = now;
    start = now.getAsDouble();
    mark = start;
  }

  double used() {
    return before + now.getAsDouble() - start;
  }

  /** Something begins that is measured. */
  void begin() {
    mark = now.getAsDouble();
  }

  /**
   * A step ends.
   *
   * @param gradients of the search, per sample
   * @param area part of the whole inputs that it computed on: its cost is counted as if it was all
   */
  void endStep(double gradients, double area) {
    steps.add(gradients, (now.getAsDouble() - mark) / area);
  }

  void endValidation() {
    validation = now.getAsDouble() - mark;
  }

  void endProbe() {
    probe = now.getAsDouble() - mark;
  }

  void endSave() {
    save = Math.max(save, now.getAsDouble() - mark);
  }

  /**
   * What one validation costs.
   *
   * @param gradients per sample of a batch that it would come to, 0 for none; for one that was not
   *     yet seen
   */
  double validation(double gradients) {
    return of(validation, gradients);
  }

  /** As {@link #validation}, of a probe for catastrophic overfitting. */
  double probe(double gradients) {
    return of(probe, gradients);
  }

  private double of(double seen, double gradients) {
    if (gradients == 0) {
      return 0;
    }
    return Double.isNaN(seen) ? steps.ofGradients(gradients) : seen;
  }

  double save() {
    return save;
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
