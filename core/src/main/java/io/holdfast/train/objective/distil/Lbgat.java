package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.GuideKnob;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Trades;
import java.util.List;

/**
 * Boundary guidance after Cui et al. 2021, equation 6: the logits on the worst case follow a
 * natural model's clean ones, {@code alpha mean |z(x') - z_natural(x)|^2 + beta KL(p(x), p(x'))},
 * the mean being over classes. Where the paper trains the natural model beside the robust one, and
 * lets the square pull on both, here it is a finished model that stays as it is: what is lost is
 * that it adapts to what the robust one can follow.
 *
 * @param alpha weight of the guidance, at least 0
 * @param beta weight of the divergence, at least 0; the paper has 0 and 6
 * @param natural a normally trained model
 */
public record Lbgat(double alpha, double beta, Guide natural) implements ListedObjective<Lbgat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Lbgat> SPEC =
      new ObjectiveSpec<>(
          "lbgat",
          "alpha x mean |logits on worst case - a finished natural model's clean ones|^2"
              + " + beta x KL(clean, worst)",
          "after Cui et al. 2021, equation 6, with a fixed guide",
          new Lbgat(1, 6, Guide.given("natural")),
          List.of(
              new GuideKnob<>(
                  "natural",
                  "bundle of a normally trained model",
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
    return false;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 2).searching(1).guided(1);
  }

  @Override
  public boolean ownStart() {
    return true;
  }

  @Override
  public List<Guide> guides() {
    return List.of(natural);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor guided = shard.guideLogits(natural, shard.inputs()); // [n, K]
    Tensor worst = Trades.worst(shard); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor square = robust.sub(guided).square().mean(1); // [n]
    Tensor divergence = Predictions.divergence(clean, robust, 1); // [n]
    return ShardLoss.of(square.mul(alpha).add(divergence, beta), clean, robust);
  }
}
