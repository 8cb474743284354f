package io.holdfast.train.objective.certified;

import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.Set;
import java.util.function.DoubleFunction;

/** What the objectives on bounds share: a ramp, before which they are clean training. */
interface OnBounds<O extends ListedObjective<O>> extends ListedObjective<O> {
  /** Of the ball. */
  Ramp ramp();

  @Override
  default Passes passes(int members, double progress) {
    return ramp().passes(progress, passes());
  }

  @Override
  default boolean bounded() {
    return true;
  }

  @Override
  default double boundsWhole() {
    return ramp().warmUp() + ramp().rampUp();
  }

  @Override
  default Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN);
  }

  /**
   * The clean cross-entropy and a bound, whose share of the loss grows to {@code 1 - kappa} as the
   * ball does to its radius.
   *
   * @param bound from the strength above 0 to the bound of the cross-entropy, {@code [n]}
   */
  static ShardLoss mixed(
      ShardContext shard, Ramp ramp, double kappa, DoubleFunction<Tensor> bound) {
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor natural = Predictions.crossEntropy(shard, clean); // [n]
    double strength = ramp.at(shard.progress());
    if (strength == 0) {
      return ShardLoss.of(natural, clean, null);
    }
    double bounded = (1 - kappa) * strength; // its share of the loss
    Tensor losses = natural.mul(1 - bounded).add(bound.apply(strength), bounded); // [n]
    return ShardLoss.of(losses, clean, null);
  }
}
