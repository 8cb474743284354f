package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackSpec;
import java.util.List;

/**
 * The Pointwise attack (Schott et al. 2019, section 4): from noise that reaches the goal each
 * changed value is set back in random order, again and again until none can be; for L1 and L2 the
 * remaining changes are then halved one by one. It looks for few changes, not for small ones. As
 * long as queries are left it begins again with other noise; the best counts.
 *
 * @param effort queries, start and restarts
 */
public record Pointwise(Effort effort) implements DecisionAttack<Pointwise> {
  /** The registry's line. */
  public static final AttackSpec<Pointwise> SPEC =
      new AttackSpec<>(
          "pointwise",
          "sets noise back value by value as long as it still reaches the goal",
          List.of("l0", "l2", "l1"),
          "Schott et al. 2019, section 4",
          new Pointwise(Effort.queries(10_000)),
          Effort.<Pointwise>knobs(List.of()));

  /** The usual settings with this many queries. */
  public static Pointwise standard(int queries) {
    return SPEC.usual().queries(queries);
  }

  @Override
  public Pointwise effort(Effort other) {
    return new Pointwise(other);
  }

  @Override
  public AttackSpec<Pointwise> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Site site) {
    return new PointwiseWalk(site);
  }
}
