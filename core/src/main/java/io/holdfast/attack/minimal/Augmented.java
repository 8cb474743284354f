package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;

/**
 * The steps of {@link Alma} (Rony et al. 2021, algorithm 2). Shapes: n samples, D components, K
 * classes.
 */
final class Augmented implements Trail.Move {
  /** Added to the difference of logits, so that the boundary itself is not enough. */
  private static final double BEYOND = 1e-4;

  /** To which part of it the length of steps falls. */
  private static final double LAST = 0.01;

  private static final double TINY = 1e-8;

  /** A slope that is no longer says nothing. */
  private static final double FLAT = 1e-6;

  private static final int DOUBLINGS = 40;
  private static final int HALVINGS = 20;

  private final Trail trail;
  private final Alma settings;
  private final double first;
  private final Multiplier multiplier;
  private final Rows square; // [n, D] mean square of slopes
  private final Rows velocity; // [n, D]
  private final Rows rate; // [n, 1]
  private final Rows found; // [n, 1] the step at which the goal was reached, or the last one

  /**
   * @param first distance of the first step
   */
  Augmented(Trail trail, Alma settings, double first) {
    this.trail = trail;
    this.settings = settings;
    this.first = first;
    multiplier =
        new Multiplier(trail, settings.smoothing(), settings.progress(), settings.growth());
    square = trail.remember(trail.dimensions(), 1);
    velocity = trail.remember(trail.dimensions(), 0);
    rate = trail.remember(1, 1);
    found = trail.remember(1, settings.steps());
  }

  @Override
  public Tensor change(int step, Slope slope) {
    Tensor y = missing(slope.look()); // [n, 1]
    constrain(step, y);
    found.set(slope.look().reached(), found.get().clampMax(step));
    Tensor pull = slope.gradient().mul(multiplier.slope(y).neg()); // [n, D]
    if (step == 0) {
      pull = stirred(pull);
      rate.set(rate(pull));
    } else {
      pull.addInPlace(away(slope.look())); // [n, D]
    }
    double kept = settings.smoothing();
    square.set(square.get().mul(kept).addInPlace(pull.square(), 1 - kept));
    Tensor scaled = pull.div(square.get().sqrt().addInPlace(TINY)); // [n, D]
    velocity.set(velocity.get().mul(kept).addInPlace(scaled));
    Tensor next = slope.look().change().sub(velocity.get().mul(length(step))); // [n, D]
    return trail.norm() == Norm.L1 ? halted(slope.look().change(), next) : next;
  }

  /**
   * Values that would pass 0 stop there, and their velocity is over (the orthant of Andrew and Gao
   * 2007, section 3.2): beyond 0 the slope of their length is another one.
   *
   * @param change where they are, {@code [n, D]}
   * @param next where they would go, {@code [n, D]}
   */
  private Tensor halted(Tensor change, Tensor next) {
    Tensor passing = change.mul(next).lt(0); // [n, D]
    velocity.set(velocity.get().maskedFill(passing, 0));
    return next.maskedFill(passing, 0); // [n, D]
  }

  /** What must not be above 0, {@code [n, 1]}. */
  private Tensor missing(Look look) {
    Tensor spread = RelativeMargin.spread(look.logits(), trail.task().reference()); // [n]
    return look.margin().neg().addInPlace(BEYOND).div(spread.unsqueeze(1));
  }

  private void constrain(int step, Tensor y) {
    if (step == 0) {
      multiplier.begin(y);
      return;
    }
    if ((step + 1) % settings.period() == 0) {
      multiplier.judge(y, found.get().lt(settings.steps()));
    }
    multiplier.update(y);
  }

  /** The derivative of the distance, {@code [n, D]}; 0 at the clean input. */
  private Tensor away(Look look) {
    return trail.norm() == Norm.L1
        ? look.change().sign()
        : look.change().div(look.length().clampMin(Float.MIN_NORMAL));
  }

  /** Where there is no slope, at random. */
  private Tensor stirred(Tensor pull) {
    Tensor flat = Norm.L2.lengths(pull).le(FLAT); // [n, 1]
    return flat.any() ? Tensors.where(flat, Directions.unit(trail.task(), pull, 0), pull) : pull;
  }

  /** How often to take the slope so that the change is of the wanted length, {@code [n, 1]}. */
  private Tensor rate(Tensor pull) {
    Tensor high = rate.get().clone(); // [n, 1]
    Tensor low = high.mul(0); // [n, 1]
    for (int i = 0; i < DOUBLINGS; i++) {
      Tensor enough = enough(pull, high); // [n, 1]
      if (enough.all()) {
        break;
      }
      low = Tensors.where(enough, low, high);
      high = Tensors.where(enough, high, high.mul(2));
    }
    for (int i = 0; i < HALVINGS; i++) {
      Tensor middle = low.add(high).mulInPlace(0.5); // [n, 1]
      Tensor enough = enough(pull, middle); // [n, 1]
      low = Tensors.where(enough, low, middle);
      high = Tensors.where(enough, middle, high);
    }
    return low.add(high).mulInPlace(0.5);
  }

  private Tensor enough(Tensor pull, Tensor times) {
    return trail.norm().lengths(trail.inBox(pull.mul(times).neg())).gt(first); // [n, 1]
  }

  /** The rate, which falls once the goal was reached, {@code [n, 1]}. */
  private Tensor length(int step) {
    Tensor since = found.get().neg().addInPlace(step).clampMin(0); // [n, 1]
    Tensor rest = found.get().neg().addInPlace(settings.steps()).clampMin(1); // [n, 1]
    return rate.get().mul(since.div(rest).mul(Math.log(LAST)).exp());
  }
}
