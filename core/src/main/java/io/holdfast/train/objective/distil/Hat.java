package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Nn;
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
 * Helper-based training (Rade and Moosavi-Dezfooli 2022, equation 4): TRADES, plus {@code gamma}
 * times the cross-entropy on helper examples {@code x + reach (x' - x)}, beyond the worst case,
 * with the label that a normally trained model gives the worst case; it takes back margins that are
 * larger than they need be. Helper examples may leave the domain, as in the authors' code.
 *
 * @param beta weight of the divergence, at least 0
 * @param gamma weight of the helper examples, at least 0; 0 is TRADES
 * @param reach how far the helper example lies, in perturbations, above 0
 * @param helper a normally trained model
 */
public record Hat(double beta, double gamma, double reach, Guide helper)
    implements ListedObjective<Hat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Hat> SPEC =
      new ObjectiveSpec<>(
          "hat",
          "trades + gamma x cross-entropy beyond the worst case with a normal model's label",
          "Rade and Moosavi-Dezfooli 2022, equation 4",
          new Hat(2.5, 0.5, 2, Guide.given("helper")),
          List.of(
              new GuideKnob<>(
                  "helper",
                  "bundle of a normally trained model",
                  Hat::helper,
                  (o, v) -> new Hat(o.beta, o.gamma, o.reach, v)),
              Knobs.number(
                  "beta",
                  "weight of the divergence",
                  0,
                  1e6,
                  Hat::beta,
                  (o, v) -> new Hat(v, o.gamma, o.reach, o.helper)),
              Knobs.number(
                  "gamma",
                  "weight of the helper examples",
                  0,
                  1e6,
                  Hat::gamma,
                  (o, v) -> new Hat(o.beta, v, o.reach, o.helper)),
              Knobs.number(
                  "reach",
                  "distance of helper examples from the clean input, in lengths of the perturbation that"
                      + " was found",
                  0.01,
                  100,
                  Hat::reach,
                  (o, v) -> new Hat(o.beta, o.gamma, v, o.helper))));

  @Override
  public ObjectiveSpec<Hat> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(4, 3).searching(1).guided(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN, CommonPass.EVALUATED);
  }

  @Override
  public boolean ownStart() {
    return true;
  }

  @Override
  public List<Guide> guides() {
    return List.of(helper);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst = Trades.worst(shard); // [n, ...]
    Tensor beyond = shard.inputs().add(worst.sub(shard.inputs()), reach); // [n, ...]
    Tensor label = shard.guideLogits(helper, worst).argmax(1); // [n]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor help = Nn.crossEntropy(shard.logits(beyond), label); // [n]
    Tensor losses =
        Predictions.crossEntropy(shard, clean)
            .add(Predictions.divergence(clean, robust, 1), beta)
            .add(help, gamma); // [n]
    return ShardLoss.of(losses, clean, robust);
  }
}
