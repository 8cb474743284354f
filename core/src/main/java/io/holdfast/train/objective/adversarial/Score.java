package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * SCORE (Pang et al. 2022, section 4): TRADES with squared errors of probabilities in place of
 * cross-entropy and divergence, {@code |p(x) - y|^2 + beta max(|p(x') - p(x)|^2 - clip, 0)}.
 * Distances obey the triangle inequality, so that the squared error on the worst case is at most
 * twice this with beta 1 or more and clip 0; it does not ask that the model be constant where the
 * labels are not. The search maximises the squared difference from the clean prediction, from where
 * the experiment's search begins, or a little beside a clean start, where it has no slope.
 *
 * @param beta weight of the difference, at least 0; 0 is training by squared error
 * @param clip what of the difference is free, at least 0
 */
public record Score(double beta, double clip) implements ListedObjective<Score> {
  /** The registry's line. */
  public static final ObjectiveSpec<Score> SPEC =
      new ObjectiveSpec<>(
          "score",
          "squared error of probabilities + beta x squared difference of clean and worst ones",
          "Pang et al. 2022, section 4",
          new Score(4, 0),
          List.of(
              Knobs.number(
                  "beta",
                  "weight of the difference",
                  0,
                  1e6,
                  Score::beta,
                  (o, v) -> new Score(v, o.clip)),
              Knobs.number(
                  "clip",
                  "what of the difference is free",
                  0,
                  2,
                  Score::clip,
                  (o, v) -> new Score(o.beta, v))));

  @Override
  public ObjectiveSpec<Score> spec() {
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

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor reference = Nn.softmax(shard.evaluationLogits(shard.inputs()), 1); // [n, K]
    Tensor worst =
        shard.adversarial(
            SquaredError.OF_PREDICTION,
            Reference.probabilities(shard.labels(), reference),
            shard.start()); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor p = Nn.softmax(clean, 1); // [n, K]
    Tensor natural = p.sub(wanted(shard, p)).square().sum(1); // [n]
    Tensor difference = Nn.softmax(robust, 1).sub(p).square().sum(1); // [n]
    Tensor counted = clip == 0 ? difference : difference.sub(clip).clampMin(0); // [n]
    return ShardLoss.of(natural.add(counted, beta), clean, robust);
  }

  /** The label's probabilities {@code [n, K]}, smoothed as the experiment has it. */
  private static Tensor wanted(ShardContext shard, Tensor like) {
    double smoothing = shard.labelSmoothing();
    return Predictions.isClass(like, shard.labels())
        .to(like.type())
        .mul(1 - smoothing)
        .add(smoothing / like.size(1));
  }
}
