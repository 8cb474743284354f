package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import java.util.Arrays;
import java.util.List;

/**
 * Geometry-aware instance-reweighted training (Zhang et al. 2021, equation 6): PGD-AT in which a
 * sample counts by {@code (1 + tanh(lambda + 5 (1 - 2 kappa / K))) / 2}, where kappa of K steps of
 * the search found it still right, so that those near the boundary count more. Weights are divided
 * by their mean over the samples of the batch that are searched for, and are all 1 during the
 * burn-in. Against a union kappa is of the member in which the worst case was found. Its robustness
 * against PGD is known to be higher than against AutoAttack (Hitaj et al. 2021): judge it by the
 * latter.
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
            ground -> Scope.tidy(() -> search(ground, withstood)),
            Reference.labels(shard.labels())); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor losses = Predictions.crossEntropy(shard, robust); // [n]
    boolean alike = shard.progress() < burnIn;
    return ShardLoss.of(
        alike ? losses : losses.mul(weights(shard, withstood, losses)), null, robust);
  }

  /**
   * The worst case of each sample, {@code [m, ...]}; of a union that of the member with the highest
   * loss, whose steps are those that count.
   *
   * @param withstood set for the rows of the ground
   */
  private static Tensor search(Search.Ground ground, double[] withstood) {
    List<ThreatModel> members = ground.threat().members();
    Tensor worst = ground.inputs(); // [m, ...]
    double[] highest = new double[ground.rows().size()];
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
    for (int m = 0; m < members.size(); m++) {
      StepsWithstood counted = new StepsWithstood(Losses.CE, highest.length);
      Tensor found = // [m, ...]
          ground.with(members.get(m)).with(ground.inner().member(m)).maximise(counted);
      double[] shares = counted.shares();
      double[] values = // nobody compares those of a single member
          members.size() == 1
              ? new double[highest.length]
              : Losses.CE.value(ground.model().logits(found), ground.reference()).toDoubles();
      boolean[] better = new boolean[highest.length];
      for (int i = 0; i < better.length; i++) {
        better[i] = values[i] > highest[i];
        if (better[i]) {
          highest[i] = values[i];
          withstood[ground.rows().get(i)] = shares[i];
        }
      }
      Tensor where = Tensors.of(better, better.length).to(found.device()); // [m]
      worst = m == 0 ? found : Tensors.where(where.view(Tensors.perSample(found)), found, worst);
    }
    return worst;
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
