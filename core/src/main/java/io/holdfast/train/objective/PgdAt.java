package io.holdfast.train.objective;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Set;

/**
 * Cross-entropy on the worst case found by projected gradient ascent (Madry et al. 2018, equation
 * 2.1), from where the experiment's search begins, uniformly in the set unless it says more.
 */
public record PgdAt() implements ListedObjective<PgdAt> {
  /** The registry's line. */
  public static final ObjectiveSpec<PgdAt> SPEC =
      new ObjectiveSpec<>(
          "pgd-at",
          "cross-entropy on the worst case",
          "Madry et al. 2018, equation 2.1",
          new PgdAt(),
          List.of());

  @Override
  public ObjectiveSpec<PgdAt> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.WORST, CommonPass.OF_WORST);
  }

  @Override
  public boolean mixes() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor logits = shard.logits(worst(shard)); // [n, K]
    return ShardLoss.of(Predictions.crossEntropy(shard, logits), null, logits);
  }

  /**
   * Where the cross-entropy is highest, from where the experiment's search begins; of samples that
   * were made of two, with both labels by their shares.
   */
  public static Tensor worst(ShardContext shard) {
    Tensor labels = shard.labels();
    Mixture mixture = shard.mixture();
    if (mixture == null) {
      return shard.adversarial(Losses.CE, Reference.labels(labels), shard.start());
    }
    Tensor both = mixture.probabilities(labels); // [n, K]
    return shard.adversarial(
        new SoftCrossEntropy(), Reference.probabilities(labels, both), shard.start());
  }
}
