package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * MTL-IBP (De Palma et al. 2024, equation 9): {@code 1 - alpha} times the cross-entropy on the
 * worst case plus {@code alpha} times its interval bound, between PGD-AT (0) and interval bounds
 * alone (1). During the warm-up it is the clean cross-entropy; then the ball grows to its radius.
 *
 * @param alpha share of the bound in [0, 1]
 * @param ramp of the ball
 */
public record MtlIbp(double alpha, Ramp ramp) implements OnBounds<MtlIbp> {
  /** The registry's line. */
  public static final ObjectiveSpec<MtlIbp> SPEC =
      new ObjectiveSpec<>(
          "mtl-ibp",
          "(1 - alpha) x cross-entropy on the worst case + alpha x its interval bound over the ball",
          "De Palma et al. 2024, equation 9",
          new MtlIbp(0.5, Ramp.USUAL),
          Ramp.knobs(
              List.of(
                  Knobs.share(
                      "alpha",
                      "share of the bound",
                      MtlIbp::alpha,
                      (o, v) -> new MtlIbp(v, o.ramp))),
              MtlIbp::ramp,
              (o, v) -> new MtlIbp(o.alpha, v)));

  @Override
  public ObjectiveSpec<MtlIbp> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 3).searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return ramp.at(progress) == 0 ? Set.of(CommonPass.CLEAN) : Set.of();
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    double strength = ramp.at(shard.progress());
    if (strength == 0) {
      Tensor clean = shard.logits(shard.inputs()); // [n, K]
      return ShardLoss.of(Predictions.crossEntropy(shard, clean), clean, null);
    }
    Tensor worst = Boxes.worst(shard, strength); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K], also for the statistics of batch norm
    Tensor bound = Boxes.crossEntropy(shard, shard.inputs(), strength, worst); // [n]
    Tensor losses = Predictions.crossEntropy(shard, robust).mul(1 - alpha).add(bound, alpha);
    return ShardLoss.of(losses, null, robust);
  }
}
