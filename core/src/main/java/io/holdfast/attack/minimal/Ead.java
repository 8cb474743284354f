package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Locale;

/**
 * EAD, the elastic-net attack (Chen et al. 2018, section 4, algorithm 1): FISTA on squared length
 * plus beta times L1 length plus c times {@code max(confidence - margin, 0)}, with binary search
 * for c. Each sample has its own c and its own rounds.
 *
 * @param rounds of each sample, at least 1
 * @param steps of a round at most, one gradient and one query more each, at least 1
 * @param rate of a step at first, in [1e-6, 10]; it falls with the root of what is left of a round
 * @param beta weight of the L1 length and threshold below which changes are undone, in [0, 1e6]
 * @param weight c of the first round, in [1e-9, 1e6]
 * @param confidence by how much the margin must exceed 0, in [0, 1e6]
 * @param rule which of the adversarial points is the smallest
 * @param abortEarly whether a round ends when a tenth of its steps has gained nothing
 */
public record Ead(
    int rounds,
    int steps,
    double rate,
    double beta,
    double weight,
    double confidence,
    Rule rule,
    boolean abortEarly)
    implements MinimalAttack<Ead> {
  private static final double LARGE = 1e6;

  /** The registry's line. */
  public static final AttackSpec<Ead> SPEC =
      new AttackSpec<>(
          "ead",
          "the smallest change by elastic net, with thresholds that undo small ones",
          List.of("l1"),
          "Chen et al. 2018 (EAD), algorithm 1",
          new Ead(9, 1000, 0.01, 1e-3, 1e-3, 0, Rule.EN, true),
          List.of(
              Knobs.steps(Ead::steps, Ead::steps),
              Knobs.count("rounds", "rounds of each sample, at least 1", Ead::rounds, Ead::rounds),
              Penalty.rate(Ead::rate, Ead::rate),
              Knobs.number("beta", "weight of the L1 length", 0, LARGE, Ead::beta, Ead::beta),
              Penalty.weight(Ead::weight, Ead::weight),
              Penalty.confidence(Ead::confidence, Ead::confidence),
              Knobs.choice("rule", "which point is smallest: en or l1", Ead::rule, Ead::rule),
              Penalty.abortEarly(Ead::abortEarly, Ead::abortEarly)));

  /**
   * Which of the adversarial points is the smallest (section 4.3). It decides where any size of
   * change will do; inside a ball every adversarial point counts.
   */
  public enum Rule {
    /**
     * The least squared length plus beta times L1 length; of the points that were the least when
     * they were found, the one of least L1 length is the smallest change.
     */
    EN,
    /** The least L1 length. */
    L1
  }

  public Ead {
    Penalty.demands("ead", steps, rounds, rate, weight, confidence)
        .within("beta", beta, 0, LARGE)
        .require();
  }

  public Ead rounds(int number) {
    return Records.with(this, "rounds", number);
  }

  public Ead steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Ead rate(double first) {
    return Records.with(this, "rate", first);
  }

  public Ead beta(double ofL1) {
    return Records.with(this, "beta", ofL1);
  }

  public Ead weight(double first) {
    return Records.with(this, "weight", first);
  }

  public Ead confidence(double margin) {
    return Records.with(this, "confidence", margin);
  }

  public Ead rule(Rule which) {
    return Records.with(this, "rule", which);
  }

  public Ead abortEarly(boolean early) {
    return Records.with(this, "abortEarly", early);
  }

  @Override
  public AttackSpec<Ead> spec() {
    return SPEC;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    MinimalAttack.super.check(threat, classes);
    if (rule != Rule.EN && threat.members().stream().noneMatch(ThreatModel::unlimited)) {
      throw new InvalidInputException(
          "attack " + key(),
          "rule",
          "nothing, which is all it does inside a ball, or a threat model without a limit",
          rule.name().toLowerCase(Locale.ROOT));
    }
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task, confidence, rule == Rule.EN ? this::elastic : null);
    Rounds.Descent descent = new Fista(trail);
    Rounds.Plan plan = new WeightSearch(trail, rounds, weight);
    return new Rounds(trail, descent, plan, steps, confidence, abortEarly).run();
  }

  /** Squared length plus beta times L1 length, {@code [n, 1]}. */
  private Tensor elastic(Tensor change) {
    return change.square().sumKeep(1).add(Norm.L1.lengths(change), beta);
  }

  /** Thresholded gradient steps from points that momentum has carried on (equations 6 to 8). */
  private final class Fista implements Rounds.Descent {
    private static final double DELAY = 3;

    private final Trail trail; // at the points that are judged
    private final Rows ahead; // [n, D] the points carried on, which may leave the box

    Fista(Trail trail) {
      this.trail = trail;
      ahead = trail.remember(trail.clean());
    }

    @Override
    public Slope look() {
      return trail.slope(ahead, Losses.CW);
    }

    @Override
    public Look step(Slope slope, Tensor pull, Tensor taken) {
      Tensor change = slope.look().change(); // [n, D]
      Tensor left = taken.div(-steps).addInPlace(1).clampMin(0); // [n, 1] part of the round
      Tensor gradient = pull.add(change, 2); // [n, D]
      Tensor moved = change.sub(gradient.mul(left.sqrt().mulInPlace(rate))); // [n, D]
      Tensor kept = moved.abs().sub(beta).clampMin(0).mulInPlace(moved.sign()); // [n, D]
      Tensor next =
          kept.addInPlace(trail.clean())
              .clampInPlace(trail.domain().low(), trail.domain().high()); // [n, D]
      Tensor momentum = taken.div(taken.add(DELAY)); // [n, 1]
      ahead.set(next.add(next.sub(trail.point()).mulInPlace(momentum)));
      trail.goTo(next);
      return trail.look();
    }

    @Override
    public Tensor size(Look judged) {
      return elastic(judged.change());
    }

    @Override
    public void restart(Tensor rows) {
      ahead.set(rows, trail.clean());
      trail.goTo(Tensors.where(rows, trail.clean(), trail.point()));
    }
  }
}
