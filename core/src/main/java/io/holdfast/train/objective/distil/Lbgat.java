package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.GuideKnob;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Trades;
import java.util.List;
import java.util.Set;

/**
 * Learnable boundary guidance (Cui et al. 2021, equation 6): the logits on the worst case follow a
 * natural model's clean ones, {@code alpha mean |z(x') - z_natural(x)|^2 + beta KL(p(x), p(x'))},
 * the mean being over classes. The paper's natural model is trained beside, by {@code +
 * CE(z_natural (x))} and by the square, which pulls on both; it is a network of the same layers
 * here, with the same weights at first. A finished model, that stays as it is, cannot adapt to what
 * the robust one can follow.
 *
 * @param alpha weight of the guidance, at least 0
 * @param beta weight of the divergence, at least 0; the paper has 0 and 6
 * @param natural trained beside, or a finished model that was normally trained
 */
public record Lbgat(double alpha, double beta, Guide natural) implements ListedObjective<Lbgat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Lbgat> SPEC =
      new ObjectiveSpec<>(
          "lbgat",
          "alpha x mean |logits on worst case - a natural model's clean ones|^2 + beta x KL(clean,"
              + " worst) (+ clean cross-entropy of a natural model that is trained beside)",
          "Cui et al. 2021, equation 6",
          new Lbgat(1, 6, Guide.given("natural")),
          List.of(
              new GuideKnob<>(
                  "natural",
                  "bundle of a normally trained model, or `beside`: trained with it, as in the paper",
                  true,
                  Lbgat::natural,
                  (o, v) -> new Lbgat(o.alpha, o.beta, v)),
              Knobs.number(
                  "alpha",
                  "weight of the guidance",
                  0,
                  1e6,
                  Lbgat::alpha,
                  (o, v) -> new Lbgat(v, o.beta, o.natural)),
              Knobs.number(
                  "beta",
                  "weight of the divergence",
                  0,
                  1e6,
                  Lbgat::beta,
                  (o, v) -> new Lbgat(o.alpha, v, o.natural))));

  @Override
  public ObjectiveSpec<Lbgat> spec() {
    return SPEC;
  }

  @Override
  public boolean smooths() {
    return natural.beside();
  }

  @Override
  public Passes passes() {
    return natural.beside() ? Passes.of(4, 3).searching(1) : Passes.of(3, 2).searching(1).guided(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN, CommonPass.EVALUATED);
  }

  @Override
  public boolean trainsBeside() {
    return natural.beside();
  }

  @Override
  public boolean ownStart() {
    return true;
  }

  @Override
  public List<Guide> guides() {
    return natural.beside() ? List.of() : List.of(natural);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor guided = // [n, K]
        natural.beside()
            ? shard.besideLogits(shard.inputs())
            : shard.guideLogits(natural, shard.inputs());
    Tensor worst = Trades.worst(shard); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor square = robust.sub(guided).square().mean(1); // [n]
    Tensor divergence = Predictions.divergence(clean, robust, 1); // [n]
    Tensor losses = square.mul(alpha).add(divergence, beta); // [n]
    return ShardLoss.of(
        natural.beside() ? losses.add(Predictions.crossEntropy(shard, guided)) : losses,
        clean,
        robust);
  }
}
