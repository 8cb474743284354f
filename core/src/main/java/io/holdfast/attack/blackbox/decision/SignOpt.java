package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import java.util.List;

/**
 * Sign-OPT (Cheng et al. 2020, algorithm 1) and OPT (Cheng et al. 2019, algorithm 2): they descend
 * on the distance to the boundary as a function of the direction from the clean input. Sign-OPT
 * asks for each random neighbour of the direction whether the distance is larger or smaller, at one
 * query; OPT measures it.
 *
 * @param kind what is asked about a neighbour
 * @param effort queries, start and restarts
 * @param neighbours random directions per gradient, at least 1
 * @param alpha first step of the descent, in [1e-4, 100]
 * @param beta distance of a neighbour, in [1e-5, 1]
 */
public record SignOpt(Kind kind, Effort effort, int neighbours, double alpha, double beta)
    implements DecisionAttack<SignOpt> {
  /** What is asked about a neighbouring direction. */
  public enum Kind {
    /** Whether the boundary is nearer there. */
    SIGN,
    /** How far the boundary is there. */
    VALUE
  }

  private static final double LEAST_ALPHA = 1e-4;
  private static final double MOST_ALPHA = 100;

  /** No neighbour is nearer, so that float32 can tell the points apart. */
  static final double LEAST_BETA = 1e-5;

  /** The registry's line of Sign-OPT. */
  public static final AttackSpec<SignOpt> SIGN =
      line(
          Kind.SIGN,
          "descends on the distance to the boundary by the signs of its slopes",
          "Cheng et al. 2020, algorithm 1",
          200);

  /** The registry's line of OPT. */
  public static final AttackSpec<SignOpt> VALUE =
      line(
          Kind.VALUE,
          "descends on the distance to the boundary by measured slopes",
          "Cheng et al. 2019, algorithm 2",
          10);

  private static AttackSpec<SignOpt> line(Kind kind, String summary, String paper, int neighbours) {
    return new AttackSpec<>(
        name(kind),
        summary,
        List.of("linf", "l2"),
        paper,
        new SignOpt(kind, Effort.queries(20_000), neighbours, 0.2, 0.001),
        Effort.<SignOpt>knobs(
            List.of(
                Knobs.count(
                    "neighbours",
                    "random directions per gradient, at least 1",
                    SignOpt::neighbours,
                    SignOpt::neighbours),
                Knobs.number(
                    "alpha",
                    "first step of the descent",
                    LEAST_ALPHA,
                    MOST_ALPHA,
                    SignOpt::alpha,
                    SignOpt::alpha),
                Knobs.number(
                    "beta",
                    "distance of a neighbour",
                    LEAST_BETA,
                    1,
                    SignOpt::beta,
                    SignOpt::beta))));
  }

  public SignOpt {
    Problems problems = new Problems("attack " + name(kind));
    Ranges.atLeastOne(problems, "neighbours", neighbours);
    Ranges.within(problems, "alpha", alpha, LEAST_ALPHA, MOST_ALPHA);
    Ranges.within(problems, "beta", beta, LEAST_BETA, 1);
    problems.throwIfAny();
  }

  private static String name(Kind kind) {
    return kind == Kind.SIGN ? "sign-opt" : "opt";
  }

  /** The usual settings with this many queries. */
  public static SignOpt standard(Kind kind, int queries) {
    return (kind == Kind.SIGN ? SIGN : VALUE).usual().queries(queries);
  }

  @Override
  public SignOpt effort(Effort other) {
    return Records.with(this, "effort", other);
  }

  public SignOpt neighbours(int number) {
    return Records.with(this, "neighbours", number);
  }

  public SignOpt alpha(double step) {
    return Records.with(this, "alpha", step);
  }

  public SignOpt beta(double distance) {
    return Records.with(this, "beta", distance);
  }

  @Override
  public AttackSpec<SignOpt> spec() {
    return kind == Kind.SIGN ? SIGN : VALUE;
  }

  @Override
  public Walk walk(Site site) {
    return new SignOptWalk(site, this);
  }
}
