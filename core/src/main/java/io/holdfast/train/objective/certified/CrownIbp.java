package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.verify.bound.Bounds;
import java.util.List;

/**
 * CROWN-IBP (Zhang et al. 2020, equation 11 and section 3.2): interval bound training in which the
 * bound on the margins is, at first, that of one backward pass of linear relaxations over the
 * intervals; while the ball grows, its share falls from 1 to {@code linear}. The linear bound costs
 * about as many passes as there are classes; without a share it is not computed.
 *
 * @param kappa share of the clean cross-entropy at the end, in [0, 1]
 * @param linear share of the linear bound at the end, in [0, 1]; the paper has 0
 * @param ramp of the ball
 */
public record CrownIbp(double kappa, double linear, Ramp ramp) implements OnBounds<CrownIbp> {
  /** The registry's line. */
  public static final ObjectiveSpec<CrownIbp> SPEC =
      new ObjectiveSpec<>(
          "crown-ibp",
          "kappa x clean cross-entropy + (1 - kappa) x its bound over the ball, linear at first,"
              + " intervals in the end",
          "Zhang et al. 2020, equation 11",
          new CrownIbp(0.5, 0, Ramp.USUAL),
          Ramp.knobs(
              List.of(
                  Knobs.share(
                      "kappa",
                      "share of the clean cross-entropy at the end",
                      CrownIbp::kappa,
                      (o, v) -> new CrownIbp(v, o.linear, o.ramp)),
                  Knobs.share(
                      "linear",
                      "share of the linear bound at the end",
                      CrownIbp::linear,
                      (o, v) -> new CrownIbp(o.kappa, v, o.ramp))),
              CrownIbp::ramp,
              (o, v) -> new CrownIbp(o.kappa, o.linear, v)));

  @Override
  public ObjectiveSpec<CrownIbp> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 3).bounded(1);
  }

  @Override
  public Passes passes(int members, double progress) {
    boolean counts = linearShare(ramp.at(progress)) > 0;
    return ramp.passes(progress, counts ? passes() : Passes.of(3, 3));
  }

  /** Of the linear bound among the two, while the ball has this part of its radius. */
  private double linearShare(double strength) {
    return 1 + (linear - 1) * strength;
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    return OnBounds.mixed(shard, ramp, kappa, strength -> bound(shard, strength));
  }

  /** Of both kinds, {@code [n]}. */
  private Tensor bound(ShardContext shard, double strength) {
    Bounds box = Boxes.ball(shard, shard.inputs(), strength);
    double share = linearShare(strength);
    Tensor margins = shard.margins(box, shard.inputs()); // [n, K]
    if (share > 0) {
      margins = margins.mul(1 - share).add(shard.linearMargins(box, shard.inputs()), share);
    }
    return Nn.crossEntropy(margins, shard.labels());
  }
}
