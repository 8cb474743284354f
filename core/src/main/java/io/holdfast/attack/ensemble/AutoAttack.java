package io.holdfast.attack.ensemble;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.blackbox.Square;
import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.minimal.Fab;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;

/**
 * AutoAttack (Croce and Hein 2020, section 5; in L1 as in Croce and Hein 2021, section 5): attacks
 * without parameters to tune, each on the samples that those before it left standing. Order,
 * budgets and defaults are the published ones; {@link Version} lists them. A sample stops as soon
 * as it falls, and a survivor goes through every budget.
 *
 * <p>Unlike the original it handles few classes: never more targets than there are wrong classes;
 * with three the targeted ratio is {@link Losses#DLR}'s own; with two, for which no ratio exists,
 * the margin {@link Losses#CW} towards the only wrong class takes its place.
 *
 * @param version which attacks
 * @param steps of every gradient attack, at least 1; with less than 100 this is no AutoAttack
 * @param queries of Square, at least 1; with less than 5,000 this is no AutoAttack
 */
public record AutoAttack(Version version, int steps, int queries) implements Ensemble<AutoAttack> {
  private static final int RESTARTS_OF_PLUS = 5;
  private static final int PASSES_OF_RAND = 20;

  /** The registry's line. */
  public static final AttackSpec<AutoAttack> SPEC =
      new AttackSpec<>(
          "autoattack",
          "APGD-CE, APGD-T, FAB-T and Square in turn, on what still stands",
          AttackSpec.BALLS,
          "Croce and Hein 2020, section 5; for L1 Croce and Hein 2021, section 5",
          of(Version.STANDARD),
          List.of(
              Knobs.choice(
                  "version",
                  "standard, plus (not in L1) or rand (for models that draw random numbers)",
                  AutoAttack::version,
                  (a, v) -> new AutoAttack(v, a.steps, a.queries)),
              Knobs.count(
                  "steps",
                  "steps per round of the gradient attacks; fewer make a trial, not AutoAttack",
                  AutoAttack::steps,
                  (a, n) -> new AutoAttack(a.version, n, a.queries)),
              Knobs.where(
                  a -> a.version != Version.RAND,
                  "version is rand",
                  Knobs.count(
                      "queries",
                      "queries of Square; fewer make a trial, not AutoAttack",
                      AutoAttack::queries,
                      (a, n) -> new AutoAttack(a.version, a.steps, n)))));

  /** Which attacks, in their order. */
  public enum Version {
    /**
     * {@code apgd-ce}, {@code apgd-t}, {@code fab-t} with 100 steps per round, {@code square} with
     * 5,000 queries. One round each, over 9 targets where targets are tried; in L1 five rounds of
     * {@code apgd-ce} and 5 targets of {@code apgd-t}.
     */
    STANDARD,
    /**
     * {@code apgd-ce}, {@code apgd-dlr} and {@code fab} with five rounds, {@code square}, {@code
     * apgd-t} and {@code fab-t} as in {@link #STANDARD}. Not published for L1.
     */
    PLUS,
    /**
     * For models that draw random numbers: one round of {@code apgd-ce} and {@code apgd-dlr} with
     * gradients averaged over 20 passes, in L1 without larger balls.
     */
    RAND
  }

  public AutoAttack {
    Problems problems = new Problems("attack autoattack");
    if (steps < 1) {
      problems.add("steps", "a whole number of at least 1", Integer.toString(steps));
    }
    if (queries < 1) {
      problems.add("queries", "a whole number of at least 1", Integer.toString(queries));
    }
    problems.throwIfAny();
  }

  /** With the published budgets. */
  public static AutoAttack of(Version version) {
    return new AutoAttack(version, 100, 5000);
  }

  @Override
  public AttackSpec<AutoAttack> spec() {
    return SPEC;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    Ensemble.super.check(threat, classes);
    if (version == Version.PLUS && threat.set().members().stream().anyMatch(AutoAttack::isL1)) {
      throw new InvalidInputException(
          "attack " + key(),
          "",
          "a threat model of linf or l2: the plus version is not published for l1",
          threat.set().key());
    }
  }

  private static boolean isL1(PerturbationSet member) {
    return member instanceof Additive ball && ball.norm() == Norm.L1;
  }

  @Override
  public List<Attack> stages(ThreatModel threat, int classes) {
    Apgd crossEntropy = Apgd.of(Apgd.Kind.CE).steps(steps);
    Apgd ratio = ratio(classes);
    Apgd targeted = targeted(classes);
    Fab likely = Fab.of(Fab.Kind.TARGETED).steps(steps);
    Square square = Square.queries(queries).rescale(false);
    return switch (version) {
      case STANDARD -> List.of(crossEntropy, targeted, likely, square);
      case PLUS -> {
        List<Attack> all = new ArrayList<>();
        all.add(crossEntropy.restarts(RESTARTS_OF_PLUS));
        all.add(ratio.restarts(RESTARTS_OF_PLUS));
        all.add(Fab.of(Fab.Kind.ALL).steps(steps).restarts(RESTARTS_OF_PLUS));
        all.add(square);
        if (classes > 2) { // else the second one has been that already
          all.add(targeted);
        }
        all.add(likely);
        yield List.copyOf(all);
      }
      case RAND -> {
        boolean inL1 = threat.set().members().stream().anyMatch(AutoAttack::isL1);
        yield List.of(averaged(crossEntropy, inL1), averaged(ratio, inL1));
      }
    };
  }

  private static Apgd averaged(Apgd attack, boolean inL1) {
    return attack.restarts(1).eot(PASSES_OF_RAND).shrink(!inL1);
  }

  /** Away from the label by the ratio; with two classes towards the other one by the margin. */
  private Apgd ratio(int classes) {
    return classes > 2 ? Apgd.of(Apgd.Kind.DLR).steps(steps) : targeted(classes);
  }

  private Apgd targeted(int classes) {
    Apgd ratio = Apgd.of(Apgd.Kind.T).steps(steps);
    return classes > 2 ? ratio : ratio.loss(Losses.CW);
  }
}
