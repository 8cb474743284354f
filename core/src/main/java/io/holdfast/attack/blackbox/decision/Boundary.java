package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import java.util.List;

/**
 * The Boundary Attack (Brendel, Rauber and Bethge 2018, algorithm 1): a random walk along the
 * boundary. Each proposal goes at random around the clean input at the present distance and then a
 * little nearer; it is taken where it still reaches the goal. Both lengths follow how often such
 * proposals succeed (section 2.4).
 *
 * @param effort queries, start and restarts
 * @param orthogonal length of the first steps around, as a part of the distance, in [1e-6, 1]
 * @param source length of the first steps nearer, as a part of the distance, in [1e-6, 1]
 * @param adaptation factor by which lengths grow and shrink, in [1, 10]
 */
public record Boundary(Effort effort, double orthogonal, double source, double adaptation)
    implements DecisionAttack<Boundary> {
  private static final double SHORTEST = 1e-6;

  /** The registry's line. */
  public static final AttackSpec<Boundary> SPEC =
      new AttackSpec<>(
          "boundary",
          "a random walk along the boundary, ever nearer",
          List.of("l2"),
          "Brendel et al. 2018, algorithm 1",
          new Boundary(Effort.queries(25_000), 0.01, 0.01, 1.5),
          Effort.<Boundary>knobs(
              List.of(
                  Knobs.number(
                      "orthogonal_step",
                      "first steps around, as a part of the distance",
                      SHORTEST,
                      1,
                      Boundary::orthogonal,
                      Boundary::orthogonal),
                  Knobs.number(
                      "source_step",
                      "first steps nearer, as a part of the distance",
                      SHORTEST,
                      1,
                      Boundary::source,
                      Boundary::source),
                  Knobs.number(
                      "adaptation",
                      "factor by which steps grow and shrink",
                      1,
                      10,
                      Boundary::adaptation,
                      Boundary::adaptation))));

  public Boundary {
    Problems problems = new Problems("attack boundary");
    Ranges.within(problems, "orthogonal_step", orthogonal, SHORTEST, 1);
    Ranges.within(problems, "source_step", source, SHORTEST, 1);
    Ranges.within(problems, "adaptation", adaptation, 1, 10);
    problems.throwIfAny();
  }

  /** The usual settings with this many queries. */
  public static Boundary standard(int queries) {
    return SPEC.usual().queries(queries);
  }

  @Override
  public Boundary effort(Effort other) {
    return Records.with(this, "effort", other);
  }

  public Boundary orthogonal(double length) {
    return Records.with(this, "orthogonal", length);
  }

  public Boundary source(double length) {
    return Records.with(this, "source", length);
  }

  public Boundary adaptation(double factor) {
    return Records.with(this, "adaptation", factor);
  }

  @Override
  public AttackSpec<Boundary> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Site site) {
    return new BoundarySteps(site, this);
  }
}
