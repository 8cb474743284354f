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

  private final int rounds;
  private final TanhDescent descent;
  private final Rows weight; // [n, 1]
  private final Rows done; // [n, 1] rounds
  private final Rows exhausted; // [n, 1] 1 where nothing is left

  Doubling(Trail trail, TanhDescent descent, int rounds, double first) {
    this.rounds = rounds;
    this.descent = descent;
    weight = trail.remember(1, first);
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
    descent.start().set(won, judged.change().add(descent.clean())); // [n, D]
    Tensor nothingLeft = tighten(won, judged); // [n, 1]
    weight.set(lost, weight.get().mul(GROWTH));
    Tensor tooHeavy = weight.get().gt(HEAVIEST); // [n, 1]
    exhausted.set(Tensors.where(won, nothingLeft, lost.and(tooHeavy)), 1);
    done.set(ended, done.get().add(1));
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

    private final Rows limit; // [n, 1]
    private final double least;

    Tightening(Trail trail, TanhDescent descent, Rows limit, int rounds, double first) {
      super(trail, descent, rounds, first);
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
   * In L0 the values whose changes are worth least are given back for good (section VI.B): as in
   * the authors' program, each time up to 0.3 times the root of the number that is unchanged.
   */
  static final class Freezing extends Doubling {
    private static final double SHARE = 0.3;
    private static final double UNCHANGED = 1e-4;
    private static final double WORTHLESS = 0.01;

    private final TanhDescent descent;

    Freezing(Trail trail, TanhDescent descent, int rounds, double first) {
      super(trail, descent, rounds, first);
      this.descent = descent;
    }

    /** A success is enough: size plays no part. */
    @Override
    public Tensor early(Look judged, Tensor objective) {
      return judged.reached();
    }

    @Override
    Tensor tighten(Tensor who, Look judged) {
      Tensor free = descent.free().get().gt(0); // [n, D]
      Tensor worth = descent.worth().maskedFill(free.not(), Double.POSITIVE_INFINITY); // [n, D]
      Tensor still = judged.change().abs().lt(UNCHANGED).to(worth.type()); // [n, D]
      Tensor most = still.sumKeep(1).sqrt().mulInPlace(SHARE); // [n, 1]
      Tensor cheap = worth.le(WORTHLESS).to(worth.type()).sumKeep(1).add(1); // [n, 1]
      Tensor number = most.neg().floor().neg().clampMin(1).minimum(cheap); // [n, 1]
      Tensor order = worth.sort(1, false).positions(); // [n, D]
      Tensor rank = order.sort(1, false).positions().to(worth.type()); // [n, D] 0 for the cheapest
      descent.free().set(who.and(rank.lt(number)), 0);
      return descent.free().get().sumKeep(1).eq(0);
    }
  }
}
