package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Maximising the certified radius of the smoothed model (Zhai et al. 2020, equations 15 and 16 and
 * algorithm 1): cross-entropy of the mean probabilities over draws of noise, plus, where the
 * smoothed model is right, {@code lambda sigma/2 max(gamma - (Phi^-1(p_y) - Phi^-1(p_2)), 0)} of
 * the mean probabilities at inverse temperature beta, p_2 being the largest of another class. No
 * search for adversarial examples is made. As in the authors' code samples whose margin is not
 * finite, or is above gamma, have no radius term.
 *
 * @param sigma standard deviation of the noise in the units of the input, above 0
 * @param draws of noise per sample, at least 1
 * @param lambda weight of the radius, at least 0; 0 is training of the smoothed model
 * @param gamma largest margin that is pushed further, above 0
 * @param beta inverse temperature of the radius term, above 0
 */
public record Macer(double sigma, int draws, double lambda, double gamma, double beta)
    implements ListedObjective<Macer> {
  /** The registry's line. */
  public static final ObjectiveSpec<Macer> SPEC =
      new ObjectiveSpec<>(
          "macer",
          "cross-entropy of the smoothed model + lambda x hinge on its certified L2 radius",
          "Zhai et al. 2020, algorithm 1",
          new Macer(0.25, 16, 12, 8, 16),
          List.of(
              Knobs.number(
                  "sigma",
                  "standard deviation of the noise",
                  1e-6,
                  1e6,
                  Macer::sigma,
                  (o, v) -> new Macer(v, o.draws, o.lambda, o.gamma, o.beta)),
              Knobs.whole(
                  "draws",
                  "of noise per sample, 1 to 1000",
                  1,
                  1000,
                  Macer::draws,
                  (o, v) -> new Macer(o.sigma, v, o.lambda, o.gamma, o.beta)),
              Knobs.number(
                  "lambda",
                  "weight of the radius",
                  0,
                  1e6,
                  Macer::lambda,
                  (o, v) -> new Macer(o.sigma, o.draws, v, o.gamma, o.beta)),
              Knobs.number(
                  "gamma",
                  "largest margin that is pushed further",
                  1e-6,
                  100,
                  Macer::gamma,
                  (o, v) -> new Macer(o.sigma, o.draws, o.lambda, v, o.beta)),
              Knobs.number(
                  "beta",
                  "inverse temperature of the radius term",
                  1e-3,
                  1e3,
                  Macer::beta,
                  (o, v) -> new Macer(o.sigma, o.draws, o.lambda, o.gamma, v))));

  /** Quantiles beyond these are not told apart from infinity in float32. */
  private static final double TAIL = 1e-7;

  @Override
  public ObjectiveSpec<Macer> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(draws, draws);
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor x = shard.inputs(); // [n, ...]
    Tensor noise = Noisy.draws(shard.seeds("smoothing"), x, draws, sigma); // [D, n, ...]
    Tensor logits = shard.logits(Noisy.tiled(x, noise)); // [D n, K]
    Tensor smoothed = Noisy.logMean(logits, draws); // [n, K]
    Tensor natural = Predictions.crossEntropy(shard, smoothed); // [n]
    Tensor sharp = Nn.softmax(logits.mul(beta), 1).view(draws, -1, logits.size(1)).mean(0);
    Tensor radius = radiusTerm(sharp, shard.labels()).mul(lambda * sigma / 2); // [n]
    return ShardLoss.of(natural.add(radius), null, null);
  }

  /** {@code [n]}, from probabilities {@code [n, K]}. */
  private Tensor radiusTerm(Tensor p, Tensor labels) {
    Tensor own = Predictions.at(p, labels); // [n]
    Tensor other = Predictions.bestOther(p, labels); // [n]
    Tensor finite = inside(own).and(inside(other)); // [n]
    Tensor margin = quantile(own).sub(quantile(other)); // [n]
    Tensor counts = finite.and(margin.ge(0)).and(margin.le(gamma)); // [n]
    return Tensors.where(counts, margin.neg().add(gamma), Tensors.zerosLike(margin.detach()));
  }

  private static Tensor inside(Tensor p) {
    return p.gt(TAIL).and(p.lt(1 - TAIL));
  }

  /** The standard normal quantile. */
  private static Tensor quantile(Tensor p) {
    return p.clamp(TAIL, 1 - TAIL).mul(2).sub(1).erfinv().mul(Math.sqrt(2));
  }
}
