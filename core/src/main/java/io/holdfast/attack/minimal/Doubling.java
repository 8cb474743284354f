package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * Rounds that make what is allowed smaller after each success and go on from there, and double the
 * weight after each failure (Carlini and Wagner 2017, sections VI.B and VI.C). Over after so many
 * rounds, beyond the largest weight, or when there is nothing left to take away.
 */
abstract class Doubling implements Rounds.Plan {
  private static final double GROWTH = 2;
  private static final double HEAVIEST = 2e6;

  /** A size and hinge as small as this, against the weight, are none. */
  private static final double NOTHING = 1e-4;

  /**
   * What follows a failure.
   *
   * @param firstGrowth of the weight until the first success
   * @param rise of the weight since the last success, at most
   * @param goesOn from where the failure ended, else from the last success
   */
  record AfterFailure(double firstGrowth, double rise, boolean goesOn) {}

  private final int rounds;
  private final AfterFailure afterFailure;
  private final TanhDescent descent;
  private final Rows weight; // [n, 1]
  private final Rows enough; // [n, 1] the weight of the last success, infinite before it
  private final Rows done; // [n, 1] rounds
  private final Rows exhausted; // [n, 1] 1 where nothing is left

  Doubling(Trail trail, TanhDescent descent, int rounds, double first, AfterFailure afterFailure) {
    this.rounds = rounds;
    this.afterFailure = afterFailure;
    this.descent = descent;
    weight = trail.remember(1, first);
    enough = trail.remember(1, Double.POSITIVE_INFINITY);
    done = trail.remember(1, 0);
    exhausted = trail.remember(1, 0);
  }

  /**
   * Makes what is allowed smaller.
   *
   * @param who succeeded, {@code [n, 1]}, bool
   * @return for whom nothing is left to take away, {@code [n, 1]}, bool
   */
  abstract Tensor tighten(Tensor who, Look judged);

  @Override
  public final Tensor weight() {
    return weight.get();
  }

  /** Whoever is nearly as good as can be, or where size plays no part, has reached the goal. */
  @Override
  public Tensor early(Look judged, Tensor objective) {
    return judged.reached().and(objective.lt(weight.get().mul(NOTHING))); // [n, 1]
  }

  @Override
  public final void next(Tensor ended, Tensor succeeded, Look judged) {
    Tensor won = ended.and(judged.reached()); // [n, 1]
    Tensor lost = ended.and(judged.reached().not()); // [n, 1]
    descent.start().set(goesOn() ? ended : won, judged.change().add(descent.clean())); // [n, D]
    Tensor nothingLeft = tighten(won, judged); // [n, 1]
    enough.set(won, weight.get());
    weight.set(lost, heavier());
    Tensor most = enough.get().mul(afterFailure.rise()).clampMax(HEAVIEST); // [n, 1]
    Tensor tooHeavy = weight.get().gt(most); // [n, 1]
    exhausted.set(Tensors.where(won, nothingLeft, lost.and(tooHeavy)), 1);
    done.set(ended, done.get().add(1));
  }

  private Tensor heavier() {
    Tensor now = weight.get(); // [n, 1]
    Tensor first = now.mul(afterFailure.firstGrowth()); // [n, 1]
    return Tensors.where(enough.get().isFinite(), now.mul(GROWTH), first);
  }

  @Override
  public final boolean goesOn() {
    return afterFailure.goesOn();
  }

  @Override
  public final Tensor finished() {
    return done.get().ge(rounds).or(exhausted.get().gt(0));
  }

  /**
   * In L-infinity only what exceeds a limit counts, and the limit falls (section VI.C).
   *
   * @param limit {@code [n, 1]}
   */
  record Excess(Rows limit) implements TanhDescent.Size {
    private Tensor beyond(Tensor change) {
      return change.abs().sub(limit.get()).clampMin(0); // [n, D]
    }

    @Override
    public Tensor of(Tensor change) {
      return beyond(change).sumKeep(1);
    }

    @Override
    public Tensor slope(Tensor change) {
      return beyond(change).sign().mul(change.sign());
    }
  }

  /** The limit of {@link Excess} falls to 0.9 of what was needed, down to a 256th of the box. */
  static final class Tightening extends Doubling {
    private static final double LOWER = 0.9;
    private static final double LEAST = 1.0 / 256;
    private static final AfterFailure PATIENT =
        new AfterFailure(GROWTH, Double.POSITIVE_INFINITY, false);

    private final Rows limit; // [n, 1]
    private final double least;

    Tightening(Trail trail, TanhDescent descent, Rows limit, int rounds, double first) {
      super(trail, descent, rounds, first, PATIENT);
      this.limit = limit;
      least = LEAST * trail.domain().width();
    }

    @Override
    Tensor tighten(Tensor who, Look judged) {
      limit.set(who, limit.get().minimum(judged.length()).mul(LOWER));
      return limit.get().lt(least);
    }
  }

  /**
   * In L0 the values whose changes are worth least are given back for good (section VI.B): those
   * that hardly changed at all, and of the others as many as 0.3 times the root of their number, as
   * in the authors' program, instead of one.
   *
   * <p>Each round goes on from the end of the one before, as in that program. Until the first
   * success the weight grows tenfold, as in the search in L2. It also ends at 16 times that of the
   * last success, since nearly the same values are free as then and size plays no part in judging.
   */
  static final class Freezing extends Doubling {
    private static final double SHARE = 0.3;
    private static final double UNCHANGED = 1e-4;
    private static final AfterFailure HASTY = new AfterFailure(10, 16, true);

    private final TanhDescent descent;

    Freezing(Trail trail, TanhDescent descent, int rounds, double first) {
      super(trail, descent, rounds, first, HASTY);
      this.descent = descent;
    }

    /** A success is enough: size plays no part. */
    @Override
    public Tensor early(Look judged, Tensor objective) {
      return judged.reached();
    }

    @Override
    Tensor tighten(Tensor who, Look judged) {
      Tensor changed = judged.change().abs().ge(UNCHANGED); // [n, D]
      Tensor used = changed.and(descent.free().get().gt(0)); // [n, D]
      Tensor worth = descent.worth().maskedFill(used.not(), Double.POSITIVE_INFINITY); // [n, D]
      Tensor count = used.to(worth.type()).sumKeep(1); // [n, 1]
      Tensor number = count.sqrt().mulInPlace(-SHARE).floor().neg(); // [n, 1] rounded up
      Tensor order = worth.sort(1, false).positions(); // [n, D]
      Tensor rank = order.sort(1, false).positions().to(worth.type()); // [n, D] 0 for the cheapest
      descent.free().set(who.and(rank.lt(number).or(used.not())), 0);
      return descent.free().get().sumKeep(1).eq(0);
    }
  }
}
