package io.holdfast.attack.ensemble;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Prospect;
import io.holdfast.attack.blackbox.Square;
import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.minimal.BrendelBethge;
import io.holdfast.attack.minimal.Fab;
import io.holdfast.common.InvalidInputException;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Our own suite: the parts of AutoAttack, and walks along the boundary from far away, with the
 * effort where it pays.
 *
 * <ol>
 *   <li>A few steps of Auto-PGD on cross-entropy, which fell most of what falls at all; in L1 from
 *       three starts, since there where a search begins often decides where it ends.
 *   <li>A few steps towards three classes, the most promising first: those that the sample came
 *       nearest to, and those that other samples of its label fell to. After this it is known how
 *       much of each sample's margin is left.
 *   <li>A few queries of Square, which tell whether gradients can be trusted.
 *   <li>A few steps along the boundary from far away ({@link BrendelBethge}), which need no slope
 *       near the clean input and tell whether margins inside the ball can be trusted.
 *   <li>Where these felled any sample that ascents had left standing, more such steps from three
 *       other starts on all that stand.
 *   <li>More steps towards every class, on samples that are near; the later a class comes, the
 *       nearer a sample must be.
 *   <li>On the nearest the budgets of AutoAttack: 100 steps towards four classes from new starts,
 *       cross-entropy from new starts, FAB-T.
 *   <li>Square with 5,000 queries: on all that stand where the few queries felled any sample that
 *       ascents had left standing, for then gradients are masked; else on those alone that are all
 *       but at the boundary.
 * </ol>
 *
 * <p>A sample stops once it has fallen. One is given up only after three kinds of search: ascents
 * inside the ball that hardly shrank its margin, queries without gradients, and a walk along the
 * boundary that never came into the ball.
 *
 * @param effort by which every number of steps and queries is multiplied, in [0.05, 20]
 * @param eot passes per step whose gradients are averaged, for models that draw random numbers
 */
public record HoldfastSuite(double effort, int eot) implements Ensemble<HoldfastSuite> {
  private static final double LEAST = 0.05;
  private static final double MOST = 20;
  private static final double NEAR = 0.5;
  private static final double NEARER = 0.85;
  private static final double NEAREST = 0.15;
  private static final double TOUCHING = 0.05;
  private static final double WIDE = 0.02;

  /** The registry's line. */
  public static final AttackSpec<HoldfastSuite> SPEC =
      new AttackSpec<>(
          "holdfast",
          "parts of AutoAttack and a walk along the boundary, the effort on what may still fall",
          AttackSpec.BALLS,
          "",
          standard(),
          List.of(
              Knobs.number(
                  "effort",
                  "factor of all steps and queries",
                  LEAST,
                  MOST,
                  HoldfastSuite::effort,
                  (a, factor) -> new HoldfastSuite(factor, a.eot)),
              Knobs.count(
                  "eot",
                  "passes averaged per step, for random models",
                  HoldfastSuite::eot,
                  (a, passes) -> new HoldfastSuite(a.effort, passes))));

  public HoldfastSuite {
    require(
        "effort", "in [" + LEAST + ", " + MOST + "]", effort >= LEAST && effort <= MOST, effort);
    require("eot", "a whole number of at least 1", eot >= 1, eot);
  }

  private static void require(String field, String expected, boolean holds, Number found) {
    if (!holds) {
      throw new InvalidInputException("attack holdfast", field, expected, found.toString());
    }
  }

  /** With the budgets that were measured. */
  public static HoldfastSuite standard() {
    return new HoldfastSuite(1, 1);
  }

  @Override
  public AttackSpec<HoldfastSuite> spec() {
    return SPEC;
  }

  @Override
  public List<Attack> stages(ThreatModel threat, int classes) {
    List<Attack> stages = new ArrayList<>();
    add(stages, crossEntropy(20).restarts(sparse(threat) ? 3 : 1), HoldfastSuite::always);
    add(stages, targeted(classes, 20, 3), HoldfastSuite::always);
    add(stages, square(200), HoldfastSuite::always);
    add(stages, boundary(50), HoldfastSuite::always);
    add(stages, boundary(100).restarts(3), prospect -> prospect.bySmallest() > 0);
    add(stages, targeted(classes, 50, 9), HoldfastSuite::near);
    add(stages, targeted(classes, 100, 4), within(NEAREST));
    add(stages, crossEntropy(60).restarts(2), within(NEAREST));
    add(stages, Fab.of(Fab.Kind.TARGETED).steps(scaled(40)).targets(3), within(NEAREST));
    add(stages, square(5000), HoldfastSuite::masked);
    return stages;
  }

  private static void add(List<Attack> stages, Attack attack, Predicate<Prospect> where) {
    stages.add(new Effort(attack, "holdfast-" + stages.size(), where));
  }

  private static boolean always(Prospect prospect) {
    return true;
  }

  private static Predicate<Prospect> within(double part) {
    return prospect -> prospect.left() < part;
  }

  private static boolean near(Prospect prospect) {
    return prospect.left() < NEAR * Math.pow(NEARER, prospect.round());
  }

  private static boolean masked(Prospect prospect) {
    return prospect.byScores() > 0 || prospect.left() < TOUCHING;
  }

  private static boolean sparse(ThreatModel threat) {
    return threat.set() instanceof Additive ball && ball.norm() == Norm.L1;
  }

  private int scaled(int number) {
    return Math.max(1, (int) Math.rint(number * effort));
  }

  private Apgd crossEntropy(int steps) {
    return Apgd.of(Apgd.Kind.CE).steps(scaled(steps)).restarts(1).eot(eot);
  }

  private Apgd targeted(int classes, int steps, int targets) {
    Apgd ratio = Apgd.of(Apgd.Kind.T).steps(scaled(steps)).targets(targets).eot(eot);
    return classes > 2 ? ratio : ratio.loss(Losses.CW);
  }

  /** A wide first region of trust: the walks are short. */
  private BrendelBethge boundary(int steps) {
    return BrendelBethge.SPEC.usual().steps(scaled(steps)).radius(WIDE);
  }

  private Square square(int queries) {
    return Square.queries(scaled(queries)).rescale(true);
  }
}
