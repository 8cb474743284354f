package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * Misclassification-aware training (Wang et al. 2020, equation 11): boosted cross-entropy on the
 * worst case, {@code -log p_y(x') - log(1 - max_{k != y} p_k(x'))}, plus {@code lambda} times the
 * divergence of worst from clean prediction, which counts by {@code 1 - p_y(x)}, the more the less
 * sure the model is of the clean input. The gradient goes through that weight too.
 *
 * @param lambda weight of the divergence, at least 0
 */
public record Mart(double lambda) implements ListedObjective<Mart> {
  /** The registry's line. */
  public static final ObjectiveSpec<Mart> SPEC =
      new ObjectiveSpec<>(
          "mart",
          "boosted cross-entropy on the worst case + lambda x KL(clean, worst) x (1 - p_y(clean))",
          "Wang et al. 2020, equation 11",
          new Mart(5),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the divergence",
                  0,
                  1e6,
                  Mart::lambda,
                  (o, v) -> new Mart(v))));

  @Override
  public ObjectiveSpec<Mart> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(2, 2).searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN, CommonPass.WORST, CommonPass.OF_WORST);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst = PgdAt.worst(shard); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor losses = boosted(shard, robust).add(doubted(shard, clean, robust), lambda); // [n]
    return ShardLoss.of(losses, clean, robust);
  }

  /** The boosted cross-entropy on the worst case, {@code [n]}. */
  static Tensor boosted(ShardContext shard, Tensor robust) {
    return Predictions.crossEntropy(shard, robust).sub(logOthers(robust, shard.labels()));
  }

  /** The divergence of worst from clean prediction, by the doubt of the latter, {@code [n]}. */
  static Tensor doubted(ShardContext shard, Tensor clean, Tensor robust) {
    Tensor logClean = Nn.logSoftmax(clean, 1); // [n, K]
    Tensor doubt = Predictions.at(logClean, shard.labels()).exp().neg().add(1); // [n], 1 - p_y
    return Predictions.divergence(logClean, Nn.logSoftmax(robust, 1)).mul(doubt);
  }

  /** {@code log(1 - max_{k != y} p_k)}, {@code [n]}: the log of what all other classes have. */
  private static Tensor logOthers(Tensor logits, Tensor labels) {
    Tensor rival = Predictions.rival(logits, labels); // [n]
    Tensor isRival = Predictions.isClass(logits, rival); // [n, K]
    Tensor others = logits.maskedFill(isRival, Double.NEGATIVE_INFINITY); // [n, K]
    return others.logSumExp(1).sub(logits.logSumExp(1)); // [n]
  }
}
