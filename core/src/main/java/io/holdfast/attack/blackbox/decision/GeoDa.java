package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import java.util.List;

/**
 * GeoDA, the geometric decision-based attack (Rahmati et al. 2020, algorithms 1 and 2): taking the
 * boundary for flat, the smallest change goes along its normal. The normal is estimated from yes
 * and no at random points of low frequencies around a point of the boundary, and the boundary is
 * looked for again from the clean input along the direction that the norm makes of it. Estimates
 * grow from one iteration to the next (equation 17).
 *
 * @param effort queries, start and restarts
 * @param sigma deviation of each coefficient of the random points, as a part of the domain's width,
 *     in [1e-6, 1]
 * @param frequencies that they have, as a share per axis of the image, in [0.001, 1]
 * @param lambda estimates grow by {@code lambda^(-2/3)}, in [0.01, 1]
 */
public record GeoDa(Effort effort, double sigma, double frequencies, double lambda)
    implements DecisionAttack<GeoDa> {
  private static final double LEAST_SIGMA = 1e-6;
  private static final double LEAST_SHARE = 1e-3;
  private static final double LEAST_LAMBDA = 0.01;

  /** The registry's line. */
  public static final AttackSpec<GeoDa> SPEC =
      new AttackSpec<>(
          "geoda",
          "along estimated normals of low frequencies, taking the boundary for flat",
          AttackSpec.BALLS,
          "Rahmati et al. 2020, algorithms 1 and 2",
          new GeoDa(Effort.queries(4000), 2e-4, 1.0 / 3, 0.6),
          Effort.<GeoDa>knobs(
              List.of(
                  Knobs.number(
                      "sigma",
                      "deviation of random points, as a part of the domain's width",
                      LEAST_SIGMA,
                      1,
                      GeoDa::sigma,
                      GeoDa::sigma),
                  Knobs.number(
                      "frequencies",
                      "share of the frequencies per axis",
                      LEAST_SHARE,
                      1,
                      GeoDa::frequencies,
                      GeoDa::frequencies),
                  Knobs.number(
                      "lambda",
                      "estimates grow by lambda^(-2/3)",
                      LEAST_LAMBDA,
                      1,
                      GeoDa::lambda,
                      GeoDa::lambda))));

  public GeoDa {
    Problems problems = new Problems("attack geoda");
    Ranges.within(problems, "sigma", sigma, LEAST_SIGMA, 1);
    Ranges.within(problems, "frequencies", frequencies, LEAST_SHARE, 1);
    Ranges.within(problems, "lambda", lambda, LEAST_LAMBDA, 1);
    problems.throwIfAny();
  }

  /** The usual settings with this many queries. */
  public static GeoDa standard(int queries) {
    return SPEC.usual().queries(queries);
  }

  @Override
  public GeoDa effort(Effort other) {
    return Records.with(this, "effort", other);
  }

  public GeoDa sigma(double deviation) {
    return Records.with(this, "sigma", deviation);
  }

  public GeoDa frequencies(double share) {
    return Records.with(this, "frequencies", share);
  }

  public GeoDa lambda(double ratio) {
    return Records.with(this, "lambda", ratio);
  }

  @Override
  public AttackSpec<GeoDa> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Site site) {
    return new GeoDaWalk(site, this);
  }
}
