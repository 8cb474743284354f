package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Set;

/** Cross-entropy on clean inputs. */
public record Standard() implements ListedObjective<Standard> {
  /** The registry's line. */
  public static final ObjectiveSpec<Standard> SPEC =
      new ObjectiveSpec<>(
          "standard", "cross-entropy on clean inputs", "", new Standard(), List.of());

  @Override
  public ObjectiveSpec<Standard> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN;
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN);
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public boolean mixes() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor logits = shard.logits(shard.inputs()); // [n, K]
    return ShardLoss.of(Predictions.crossEntropy(shard, logits), logits, null);
  }
}
