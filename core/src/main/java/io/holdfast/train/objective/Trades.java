package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Set;

/**
 * Cross-entropy on clean inputs plus {@code beta} times the Kullback-Leibler divergence between the
 * predictions on clean and on adversarial inputs; these maximise that divergence from a small
 * Gaussian start (Zhang et al. 2019, equation 5 and algorithm 1).
 *
 * @param beta weight of the divergence, at least 0; 0 is clean training
 */
public record Trades(double beta) implements ListedObjective<Trades> {
  /** The registry's line. */
  public static final ObjectiveSpec<Trades> SPEC =
      new ObjectiveSpec<>(
          "trades",
          "clean cross-entropy + beta x KL(clean, worst)",
          "Zhang et al. 2019, equation 5 and algorithm 1",
          new Trades(6),
          List.of(
              Knobs.number(
                  "beta",
                  "weight of the divergence",
                  0,
                  1e6,
                  Trades::beta,
                  (o, v) -> new Trades(v))));

  public Trades {
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("beta: finite, at least 0, found " + beta);
    }
  }

  public static Trades beta(double beta) {
    return new Trades(beta);
  }

  @Override
  public ObjectiveSpec<Trades> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 2).searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN, CommonPass.EVALUATED);
  }

  /** The divergence has no slope at the clean input. */
  @Override
  public boolean ownStart() {
    return true;
  }

  @Override
  public boolean mixes() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst = worst(shard);
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor natural = Predictions.crossEntropy(shard, clean); // [n]
    Tensor divergence = Predictions.divergence(clean, robust, 1); // [n]
    return ShardLoss.of(natural.add(divergence, beta), clean, robust);
  }

  /** Where the divergence from the clean prediction is highest, from a small normal start. */
  public static Tensor worst(ShardContext shard) {
    Tensor reference = Nn.softmax(shard.evaluationLogits(shard.inputs()), 1); // [n, K]
    return worst(shard, reference);
  }

  /** As {@link #worst(ShardContext)}, from other probabilities {@code [n, K]}. */
  public static Tensor worst(ShardContext shard, Tensor reference) {
    return shard.adversarial(
        Losses.KL, Reference.probabilities(shard.labels(), reference), Start.SMALL_NORMAL);
  }
}
