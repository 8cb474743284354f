package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.Arrays;
import java.util.List;

/**
 * Geometry-aware instance-reweighted training (Zhang et al. 2021, equation 6): PGD-AT in which a
 * sample counts by {@code (1 + tanh(lambda + 5 (1 - 2 kappa / K))) / 2}, where kappa of K steps of
 * the search found it still right, so that those near the boundary count more. Weights are divided
 * by their mean over the samples of the batch that are searched for, and are all 1 during the
 * burn-in. Its robustness against PGD is known to be higher than against AutoAttack (Hitaj et al.
 * 2021): judge it by the latter.
 *
 * @param lambda shifts the weights; large ones weigh all alike
 * @param burnIn share of training in which all count alike, in [0, 1]
 */
public record Gairat(double lambda, double burnIn) implements ListedObjective<Gairat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Gairat> SPEC =
      new ObjectiveSpec<>(
          "gairat",
          "pgd-at, samples weighted by how few steps of the search fell them",
          "Zhang et al. 2021, equation 6",
          new Gairat(-1, 0.6),
          List.of(
              Knobs.number(
                  "lambda",
                  "shifts the weights; large ones weigh all alike",
                  -100,
                  100,
                  Gairat::lambda,
                  (o, v) -> new Gairat(v, o.burnIn)),
              Knobs.share(
                  "burn_in",
                  "part of training in which all samples count alike",
                  Gairat::burnIn,
                  (o, v) -> new Gairat(o.lambda, v))));

  private static final double UNSEARCHED = -1; // in place of a share of steps

  @Override
  public ObjectiveSpec<Gairat> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  @Override
  public boolean acrossBatch() {
    return true;
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    double[] withstood = new double[(int) shard.labels().count()]; // shares of the steps
    Arrays.fill(withstood, UNSEARCHED);
    Tensor worst =
        shard.adversarial(
            ground -> {
              StepsWithstood counted = new StepsWithstood(Losses.CE, ground.rows().size());
              Tensor found = ground.maximise(counted); // [m, ...]
              double[] shares = counted.shares();
              for (int i = 0; i < shares.length; i++) {
                withstood[ground.rows().get(i)] = shares[i];
              }
              return found;
            },
            Reference.labels(shard.labels())); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor losses = Predictions.crossEntropy(shard, robust); // [n]
    boolean alike = shard.progress() < burnIn;
    return ShardLoss.of(
        alike ? losses : losses.mul(weights(shard, withstood, losses)), null, robust);
  }

  /**
   * Of mean 1 over those of the batch around which was searched, {@code [n]}; the others, saved
   * examples and clean samples, count 1 as well.
   */
  private Tensor weights(ShardContext shard, double[] withstood, Tensor like) {
    double[] raw = new double[withstood.length];
    double sum = 0;
    int count = 0;
    for (int i = 0; i < raw.length; i++) {
      if (withstood[i] != UNSEARCHED) {
        double at = lambda + 5 * (1 - 2 * withstood[i]);
        raw[i] = 1 / (1 + Math.exp(-2 * at)); // (1 + tanh(at)) / 2, also where tanh is -1
        sum += raw[i];
        count++;
      }
    }
    double[] all = shard.batchSum("weights", sum, count);
    for (int i = 0; i < raw.length; i++) {
      raw[i] = withstood[i] == UNSEARCHED || all[0] == 0 ? 1 : raw[i] * all[1] / all[0];
    }
    return Tensors.of(raw, raw.length).to(like.type()).to(like.device()); // [n]
  }
}
