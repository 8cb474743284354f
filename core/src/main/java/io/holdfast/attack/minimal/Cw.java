package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The attacks of Carlini and Wagner 2017 (section VI): Adam on the size of the change plus a weight
 * c times {@code max(confidence - margin, 0)}, where the margin is that of the logits, in variables
 * that never leave the box.
 *
 * <ul>
 *   <li>L2 (VI.A): squared length; binary search for c, each round from the clean input.
 *   <li>L-infinity (VI.C): what exceeds a limit, which falls to 0.9 of itself after each success.
 *   <li>L0 (VI.B): squared length on ever fewer values; those whose change is worth least are given
 *       back after each success, until no example is found any more.
 * </ul>
 *
 * <p>In L-infinity rounds go on from the last success, in L0 from the one before, and c grows after
 * a failure; successes and failures count up to {@code rounds} together. Each sample has its own c
 * and its own rounds.
 *
 * @param rounds of each sample; by default {@value #SEARCHES} in L2, {@value #SUCCESSES} in
 *     L-infinity and {@value #REMOVALS} in L0, which has its own end as a rule
 * @param steps of a round at most, one gradient each, at least 1; the authors' program has 10,000
 *     in L2 and 1,000 in the others
 * @param rate of Adam, in [1e-6, 10]; by default {@value #LONG}, in L-infinity {@value #SHORT}
 * @param weight c of the first round, in [1e-9, 1e6]; by default {@value #HEAVY}, in L-infinity
 *     {@value #LIGHT}
 * @param confidence by how much the margin must exceed 0, in [0, 1e6]
 * @param abortEarly whether a round ends when a tenth of its steps has gained nothing
 */
public record Cw(
    OptionalInt rounds,
    int steps,
    OptionalDouble rate,
    OptionalDouble weight,
    double confidence,
    boolean abortEarly)
    implements MinimalAttack<Cw> {
  private static final int SEARCHES = 9;
  private static final int SUCCESSES = 100;
  private static final int REMOVALS = 1000;
  private static final double LONG = 0.01;
  private static final double SHORT = 0.005;
  private static final double HEAVY = 1e-3;
  private static final double LIGHT = 1e-5;

  /** The registry's line. */
  public static final AttackSpec<Cw> SPEC =
      new AttackSpec<>(
          "cw",
          "the smallest change, by Adam on its size and the margin together",
          List.of("l2", "linf", "l0"),
          "Carlini and Wagner 2017, section VI",
          new Cw(
              OptionalInt.empty(), 1000, OptionalDouble.empty(), OptionalDouble.empty(), 0, true),
          List.of(
              Knobs.steps(Cw::steps, Cw::steps),
              Knobs.ownCount(
                  "rounds",
                  SEARCHES + ", in L-infinity " + SUCCESSES + ", in L0 " + REMOVALS,
                  "rounds of each sample, at least 1",
                  Cw::rounds,
                  Cw::rounds),
              Knobs.ownNumber(
                  "rate",
                  LONG + ", in L-infinity " + SHORT,
                  List.of(LONG, SHORT),
                  "length of steps",
                  Cw::rate,
                  Cw::rate),
              Knobs.ownNumber(
                  "weight",
                  HEAVY + ", in L-infinity " + LIGHT,
                  List.of(HEAVY, LIGHT),
                  "c of the margin in the first round",
                  Cw::weight,
                  Cw::weight),
              Penalty.confidence(Cw::confidence, Cw::confidence),
              Penalty.abortEarly(Cw::abortEarly, Cw::abortEarly)));

  public Cw {
    Penalty.demands(
            "cw", steps, rounds.orElse(1), rate.orElse(LONG), weight.orElse(HEAVY), confidence)
        .require();
  }

  public Cw steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Cw rounds(int number) {
    return Records.with(this, "rounds", OptionalInt.of(number));
  }

  public Cw rate(double length) {
    return Records.with(this, "rate", OptionalDouble.of(length));
  }

  public Cw weight(double first) {
    return Records.with(this, "weight", OptionalDouble.of(first));
  }

  public Cw confidence(double margin) {
    return Records.with(this, "confidence", margin);
  }

  public Cw abortEarly(boolean early) {
    return Records.with(this, "abortEarly", early);
  }

  @Override
  public AttackSpec<Cw> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task, confidence, null);
    int number = rounds.orElse(usualRounds(trail.norm()));
    boolean largest = trail.norm() == Norm.LINF;
    double length = rate.orElse(largest ? SHORT : LONG);
    double first = weight.orElse(largest ? LIGHT : HEAVY);
    return switch (trail.norm()) {
      case LINF -> {
        Rows limit = trail.remember(1, trail.domain().width()); // [n, 1]
        TanhDescent descent = new TanhDescent(trail, new Doubling.Excess(limit), length);
        yield run(trail, descent, new Doubling.Tightening(trail, descent, limit, number, first));
      }
      case L0 -> {
        TanhDescent descent = new TanhDescent(trail, new TanhDescent.Squares(), length);
        yield run(trail, descent, new Doubling.Freezing(trail, descent, number, first));
      }
      default -> {
        TanhDescent descent = new TanhDescent(trail, new TanhDescent.Squares(), length);
        yield run(trail, descent, new WeightSearch(trail, number, first));
      }
    };
  }

  private static int usualRounds(Norm norm) {
    return switch (norm) {
      case LINF -> SUCCESSES;
      case L0 -> REMOVALS;
      default -> SEARCHES;
    };
  }

  private Tensor run(Trail trail, TanhDescent descent, Rounds.Plan plan) {
    return new Rounds(trail, descent, plan, steps, confidence, abortEarly).run();
  }
}
