package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.Noise;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Gaussian augmentation for randomised smoothing (Cohen et al. 2019, section 3.3): cross-entropy on
 * inputs with normal noise, drawn afresh for each sample in each epoch and not clipped to the
 * domain, since the smoothed model is asked about such inputs too.
 *
 * @param sigma standard deviation in the units of the input, above 0
 */
public record Gaussian(double sigma) implements ListedObjective<Gaussian> {
  /** The registry's line. */
  public static final ObjectiveSpec<Gaussian> SPEC =
      new ObjectiveSpec<>(
          "gaussian",
          "cross-entropy on clean inputs with normal noise",
          "Cohen et al. 2019, section 3.3",
          new Gaussian(0.25),
          List.of(
              Knobs.number(
                  "sigma",
                  "standard deviation of the noise",
                  1e-6,
                  1e6,
                  Gaussian::sigma,
                  (o, v) -> new Gaussian(v))));

  @Override
  public ObjectiveSpec<Gaussian> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN;
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor noise = Noise.normal(shard.seeds("gaussian"), shard.inputs()); // [n, ...]
    Tensor logits = shard.logits(shard.inputs().add(noise, sigma)); // [n, K]
    return ShardLoss.of(Predictions.crossEntropy(shard, logits), null, null);
  }
}
