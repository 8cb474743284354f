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
import io.holdfast.train.objective.Trades;
import java.util.List;
import java.util.Set;

/**
 * Margin-aware instance reweighting (Wang et al. 2021, section 4): samples near or beyond the
 * boundary count more, by {@code sigmoid(-slope (PM - bias))} of the probabilistic margin on the
 * worst case, {@code PM = p_y(x') - max_{k != y} p_k(x')}. Weights are divided by their mean over
 * the batch, carry no gradient, and are all 1 during the burn-in. Of PGD-AT they weigh the
 * cross-entropy, of TRADES the divergence, of MART the boosted cross-entropy.
 *
 * @param base what is weighted
 * @param slope of the weight over the margin, at least 0; 0 weighs all alike
 * @param bias margin at which a sample counts half, in [-1, 1]
 * @param beta weight of the divergence, of trades and mart
 * @param burnIn share of training in which all count alike, in [0, 1]
 */
public record Mail(Base base, double slope, double bias, double beta, double burnIn)
    implements ListedObjective<Mail> {
  /** The objective whose terms are weighted. */
  public enum Base {
    PGD_AT,
    TRADES,
    MART
  }

  /** The registry's line. */
  public static final ObjectiveSpec<Mail> SPEC =
      new ObjectiveSpec<>(
          "mail",
          "pgd-at, trades or mart, samples weighted by their probabilistic margin on the worst case",
          "Wang et al. 2021, section 4",
          Mail.usual(Base.PGD_AT),
          List.of(
              Knobs.choice(
                  "base", "what is weighted: pgd-at, trades or mart", Mail::base, Mail::withBase),
              Knobs.number(
                  "slope",
                  "of the weight over the margin; 2 where base is trades or mart",
                  0,
                  1e6,
                  Mail::slope,
                  (o, v) -> new Mail(o.base, v, o.bias, o.beta, o.burnIn)),
              Knobs.number(
                  "bias",
                  "margin at which a sample counts half; 0 where base is trades or mart",
                  -1,
                  1,
                  Mail::bias,
                  (o, v) -> new Mail(o.base, o.slope, v, o.beta, o.burnIn)),
              Knobs.where(
                  o -> o.base != Base.PGD_AT,
                  "base is pgd-at",
                  Knobs.number(
                      "beta",
                      "of trades and mart: weight of the divergence",
                      0,
                      1e6,
                      Mail::beta,
                      (o, v) -> new Mail(o.base, o.slope, o.bias, v, o.burnIn))),
              Knobs.share(
                  "burn_in",
                  "part of training in which all samples count alike",
                  Mail::burnIn,
                  (o, v) -> new Mail(o.base, o.slope, o.bias, o.beta, v))));

  /** Where nothing else is said: steep weights of PGD-AT, gentle ones of the others. */
  private static Mail usual(Base base) {
    return base == Base.PGD_AT ? new Mail(base, 10, -0.5, 5, 0.6) : new Mail(base, 2, 0, 5, 0.6);
  }

  /** Of another base everything is as usual there; what else is set is read after it. */
  private Mail withBase(Base other) {
    return other == base ? this : usual(other);
  }

  @Override
  public ObjectiveSpec<Mail> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return switch (base) {
      case PGD_AT -> PgdAt.SPEC.passes();
      case TRADES -> Trades.SPEC.passes();
      case MART -> Mart.SPEC.passes();
    };
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return switch (base) {
      case PGD_AT -> Set.of(CommonPass.WORST, CommonPass.OF_WORST);
      case TRADES -> Set.of(CommonPass.CLEAN, CommonPass.EVALUATED);
      case MART -> Set.of(CommonPass.CLEAN, CommonPass.WORST, CommonPass.OF_WORST);
    };
  }

  @Override
  public boolean acrossBatch() {
    return true;
  }

  @Override
  public boolean ownStart() {
    return base == Base.TRADES;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    if (base == Base.PGD_AT) {
      Tensor robust = shard.logits(PgdAt.worst(shard)); // [n, K]
      Tensor losses = Predictions.crossEntropy(shard, robust); // [n]
      return ShardLoss.of(losses.mul(decided(shard, robust)), null, robust);
    }
    boolean trades = base == Base.TRADES;
    Tensor worst = trades ? Trades.worst(shard) : PgdAt.worst(shard); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor weights = decided(shard, robust); // [n]
    Tensor losses =
        trades
            ? Predictions.crossEntropy(shard, clean)
                .add(Predictions.divergence(clean, robust, 1).mul(weights), beta)
            : Mart.boosted(shard, robust)
                .mul(weights)
                .add(Mart.doubted(shard, clean, robust), beta); // [n]
    return ShardLoss.of(losses, clean, robust);
  }

  /** By the present weights, also in a second pass at others. */
  private Tensor decided(ShardContext shard, Tensor robust) {
    return shard.decided(() -> weights(shard, robust));
  }

  /** Of mean 1 over the batch, {@code [n]}, off the tape. */
  private Tensor weights(ShardContext shard, Tensor robust) {
    Tensor p = Nn.softmax(robust.detach(), 1); // [n, K]
    Tensor margins = Predictions.margin(p, shard.labels()); // [n]
    boolean alike = shard.progress() < burnIn;
    return alike
        ? margins.mul(0).add(1)
        : Predictions.meanOne(shard, Nn.sigmoid(margins.sub(bias).mul(-slope)));
  }
}
