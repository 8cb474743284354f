package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
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
 * Adversarial logit pairing (Kannan et al. 2018, section 3): cross-entropy on clean and worst
 * inputs in the shares of a mixed batch, plus {@code lambda} times the mean square of the
 * difference of their logits. Engstrom et al. 2018 showed that by itself it does not hold against
 * strong attacks on ImageNet; it is here to be measured and mixed.
 *
 * @param lambda weight of the pairing, at least 0; 0 is training on a mixed batch
 * @param share of the cross-entropy that is on worst inputs, in [0, 1]
 */
public record Alp(double lambda, double share) implements ListedObjective<Alp> {
  /** The registry's line. */
  public static final ObjectiveSpec<Alp> SPEC =
      new ObjectiveSpec<>(
          "alp",
          "cross-entropy on clean and worst inputs + lambda x mean square of the logits' difference",
          "Kannan et al. 2018, section 3",
          new Alp(0.5, 0.5),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the pairing",
                  0,
                  1e6,
                  Alp::lambda,
                  (o, v) -> new Alp(v, o.share)),
              Knobs.share(
                  "share",
                  "of the cross-entropy that is on worst inputs",
                  Alp::share,
                  (o, v) -> new Alp(o.lambda, v))));

  @Override
  public ObjectiveSpec<Alp> spec() {
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
  public boolean mixes() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst = PgdAt.worst(shard); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor mixed =
        Predictions.crossEntropy(shard, clean)
            .mul(1 - share)
            .add(Predictions.crossEntropy(shard, robust), share); // [n]
    Tensor pairing = clean.sub(robust).square().mean(1); // [n]
    return ShardLoss.of(mixed.add(pairing, lambda), clean, robust);
  }
}
