package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import java.util.List;

/**
 * HopSkipJump (Chen, Jordan and Wainwright 2020, algorithm 2): from a point on the boundary the
 * direction across it is estimated from yes and no at random points nearby, their number growing
 * with the root of the iteration; then a step whose size is halved until it stays on the goal's
 * side, and a binary search back to the boundary.
 *
 * <p>How near the search comes and how far away the random points lie both follow from theta. The
 * paper has {@code theta = D^(-3/2)}, in L-infinity {@code D^-2}, so that the points of an estimate
 * lie at a {@code D}-th of the distance, for large inputs below what float32 can tell. Here it is
 * {@code gamma / sqrt(D)} and {@code gamma / D}, as in the Adversarial Robustness Toolbox: points
 * at a hundredth of the distance whatever the size, and 3 queries fewer per search for D = 784.
 *
 * @param effort queries, start and restarts
 * @param firstEstimate points of the first estimate, at least 1 (B_0)
 * @param mostEstimate points of an estimate at most, at least 1
 * @param gamma distance of an estimate's random points after the first as a part of the distance
 *     from the clean input; the binary search ends within {@code gamma / sqrt(D)} of the way, in
 *     L-infinity within {@code gamma / D}; above 0
 */
public record HopSkipJump(Effort effort, int firstEstimate, int mostEstimate, double gamma)
    implements DecisionAttack<HopSkipJump> {
  private static final double LEAST = 1e-6;
  private static final double MOST = 1e6;

  /** The registry's line. */
  public static final AttackSpec<HopSkipJump> SPEC =
      new AttackSpec<>(
          "hopskipjump",
          "steps along estimated normals of the boundary, by yes and no alone",
          List.of("linf", "l2"),
          "Chen et al. 2020, algorithm 2",
          new HopSkipJump(Effort.queries(25_000), 100, 10_000, 0.01),
          Effort.<HopSkipJump>knobs(
              List.of(
                  Knobs.count(
                      "first_estimate",
                      "points of the first estimate, at least 1",
                      HopSkipJump::firstEstimate,
                      HopSkipJump::firstEstimate),
                  Knobs.count(
                      "most_estimate",
                      "points of an estimate at most, at least 1",
                      HopSkipJump::mostEstimate,
                      HopSkipJump::mostEstimate),
                  Knobs.number(
                      "gamma",
                      "distance of random points as a part of the distance; sets the binary search",
                      LEAST,
                      MOST,
                      HopSkipJump::gamma,
                      HopSkipJump::gamma))));

  public HopSkipJump {
    Problems problems = new Problems("attack hopskipjump");
    Ranges.atLeastOne(problems, "first_estimate", firstEstimate);
    Ranges.atLeastOne(problems, "most_estimate", mostEstimate);
    Ranges.within(problems, "gamma", gamma, LEAST, MOST);
    problems.throwIfAny();
  }

  /** The paper's settings with this many queries. */
  public static HopSkipJump standard(int queries) {
    return SPEC.usual().queries(queries);
  }

  @Override
  public HopSkipJump effort(Effort other) {
    return Records.with(this, "effort", other);
  }

  public HopSkipJump firstEstimate(int points) {
    return Records.with(this, "firstEstimate", points);
  }

  public HopSkipJump mostEstimate(int points) {
    return Records.with(this, "mostEstimate", points);
  }

  public HopSkipJump gamma(double accuracy) {
    return Records.with(this, "gamma", accuracy);
  }

  @Override
  public AttackSpec<HopSkipJump> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Site site) {
    return new HopSkipJumpWalk(site, this);
  }
}
