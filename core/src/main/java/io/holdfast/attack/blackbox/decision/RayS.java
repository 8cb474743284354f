package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import java.util.List;

/**
 * RayS (Chen and Gu 2020, algorithm 3): looks for the direction among the corners of the L-infinity
 * ball in which the boundary is nearest, without any gradient: blocks of signs are turned, ever
 * smaller ones, and a turned direction costs one query unless it is better. It begins at the corner
 * of the highest values, further rounds at random ones, so that it needs no start.
 *
 * @param effort queries and restarts; the start means nothing
 * @param tolerance of the distance in a direction, as a part of the domain's width, in [1e-6, 1]
 */
public record RayS(Effort effort, double tolerance) implements DecisionAttack<RayS> {
  private static final double LEAST = 1e-6;

  /** The registry's line. */
  public static final AttackSpec<RayS> SPEC =
      new AttackSpec<>(
          "rays",
          "turns blocks of signs, ever smaller ones, to bring the boundary nearer",
          List.of("linf"),
          "Chen and Gu 2020, algorithm 3",
          new RayS(Effort.queries(10_000), 1e-3),
          List.of(
              Effort.queriesKnob(),
              Knobs.number(
                  "tolerance",
                  "of distances, as a part of the domain's width",
                  LEAST,
                  1,
                  RayS::tolerance,
                  RayS::tolerance),
              Effort.restartsKnob()));

  public RayS {
    Problems problems = new Problems("attack rays");
    Ranges.within(problems, "tolerance", tolerance, LEAST, 1);
    problems.throwIfAny();
    effort = new Effort(effort.queries(), Start.AUTO, effort.restarts());
  }

  /** The usual settings with this many queries. */
  public static RayS standard(int queries) {
    return SPEC.usual().queries(queries);
  }

  @Override
  public RayS effort(Effort other) {
    return new RayS(other, tolerance);
  }

  public RayS tolerance(double part) {
    return new RayS(effort, part);
  }

  @Override
  public AttackSpec<RayS> spec() {
    return SPEC;
  }

  @Override
  public boolean steers() {
    return false;
  }

  @Override
  public Walk walk(Site site) {
    return new RaySWalk(site, tolerance);
  }
}
