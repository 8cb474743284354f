package io.holdfast.train.objective.certified;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.verify.bound.Bounds;

/** The bounded cross-entropy that the interval objectives share. */
final class Boxes {
  private Boxes() {}

  /**
   * An upper bound of the cross-entropy over a box, {@code [n]}: with every class as far above the
   * label as its bound allows (Gowal et al. 2018, equation 10).
   *
   * @param centre {@code [n, ...]}
   * @param share of the threat model's radius
   * @param pass inputs of the pass whose statistics batch norms use
   */
  static Tensor crossEntropy(ShardContext shard, Tensor centre, double share, Tensor pass) {
    return Nn.crossEntropy(shard.margins(ball(shard, centre, share), pass), shard.labels());
  }

  /** The threat model's ball at a share of its radius. */
  static Bounds ball(ShardContext shard, Tensor centre, double share) {
    ThreatModel threat = shard.threat();
    double radius = threat.epsilon() * share;
    return Bounds.ball(centre, radius, threat.domain().low(), threat.domain().high());
  }

  /** The worst case that the experiment's search finds within a share of the radius. */
  static Tensor worst(ShardContext shard, double share) {
    return shard.adversarial(
        ground ->
            ground
                .with(ground.threat().withEpsilon(ground.threat().epsilon() * share))
                .maximise(Losses.CE),
        Reference.labels(shard.labels())); // [n, ...]
  }
}
