package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import java.util.List;

/**
 * SurFree (Maho, Furon and Le Merrer 2021, algorithm 1): needs no gradient, not even an estimated
 * one. In the plane of the present direction and a random one of low frequencies it asks about
 * points of the circle on which the nearest point of a flat boundary would lie, on both sides, and
 * refines the angle by halving where one of them reaches the goal.
 *
 * @param effort queries, start and restarts
 * @param angles tried on each side of the present direction, at least 1 (T)
 * @param widest the first largest angle in degrees, in [0.1, 90]
 * @param memory directions to which a new one is made orthogonal, at least 1
 * @param frequencies of random directions, as a share per axis of the image, in [0.001, 1]
 */
public record SurFree(Effort effort, int angles, double widest, int memory, double frequencies)
    implements DecisionAttack<SurFree> {
  private static final double LEAST_ANGLE = 0.1;
  private static final double MOST_ANGLE = 90;
  private static final double LEAST_SHARE = 1e-3;

  /** The registry's line. */
  public static final AttackSpec<SurFree> SPEC =
      new AttackSpec<>(
          "surfree",
          "turns the direction in random planes of low frequencies; no gradient is estimated",
          List.of("l2"),
          "Maho et al. 2021, algorithm 1",
          new SurFree(Effort.queries(10_000), 3, 30, 100, 0.5),
          Effort.<SurFree>knobs(
              List.of(
                  Knobs.count(
                      "angles",
                      "angles tried on each side, at least 1",
                      SurFree::angles,
                      SurFree::angles),
                  Knobs.number(
                      "widest",
                      "the first largest angle in degrees",
                      LEAST_ANGLE,
                      MOST_ANGLE,
                      SurFree::widest,
                      SurFree::widest),
                  Knobs.count(
                      "memory",
                      "directions to which a new one is orthogonal, at least 1",
                      SurFree::memory,
                      SurFree::memory),
                  Knobs.number(
                      "frequencies",
                      "share of the frequencies per axis",
                      LEAST_SHARE,
                      1,
                      SurFree::frequencies,
                      SurFree::frequencies))));

  public SurFree {
    Problems problems = new Problems("attack surfree");
    Ranges.atLeastOne(problems, "angles", angles);
    Ranges.within(problems, "widest", widest, LEAST_ANGLE, MOST_ANGLE);
    Ranges.atLeastOne(problems, "memory", memory);
    Ranges.within(problems, "frequencies", frequencies, LEAST_SHARE, 1);
    problems.throwIfAny();
  }

  /** The usual settings with this many queries. */
  public static SurFree standard(int queries) {
    return SPEC.usual().queries(queries);
  }

  @Override
  public SurFree effort(Effort other) {
    return Records.with(this, "effort", other);
  }

  public SurFree angles(int number) {
    return Records.with(this, "angles", number);
  }

  public SurFree widest(double degrees) {
    return Records.with(this, "widest", degrees);
  }

  public SurFree memory(int directions) {
    return Records.with(this, "memory", directions);
  }

  public SurFree frequencies(double share) {
    return Records.with(this, "frequencies", share);
  }

  @Override
  public AttackSpec<SurFree> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Site site) {
    return new SurFreeWalk(site, this);
  }
}
