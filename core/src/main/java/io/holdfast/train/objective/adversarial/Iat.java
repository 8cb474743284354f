package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Inverse adversarial training after Dong et al. 2023, section 3: cross-entropy on the worst case,
 * plus {@code lambda} times the divergence of its prediction from that on the inverse adversarial
 * example, where within a smaller radius the cross-entropy is lowest, rather than on the clean
 * input. The paper's universal variant keeps one inverse perturbation per class; here each sample
 * has its own.
 *
 * @param lambda weight of the divergence, at least 0; 0 is PGD-AT
 * @param radius of the inverse example as a part of the threat model's, in (0, 1]
 */
public record Iat(double lambda, double radius) implements ListedObjective<Iat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Iat> SPEC =
      new ObjectiveSpec<>(
          "iat",
          "cross-entropy on the worst case + lambda x KL(best case, worst case)",
          "after Dong et al. 2023, section 3, one inverse example per sample",
          new Iat(3, 0.5),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the divergence",
                  0,
                  1e6,
                  Iat::lambda,
                  (o, v) -> new Iat(v, o.radius)),
              Knobs.number(
                  "radius",
                  "of the inverse example as a part of the threat model's",
                  1e-3,
                  1,
                  Iat::radius,
                  (o, v) -> new Iat(o.lambda, v))));

  @Override
  public ObjectiveSpec<Iat> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(2, 2).searching(2);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.WORST, CommonPass.OF_WORST);
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  /** The one for the inverse example. */
  @Override
  public double repeated(int members, double progress) {
    return members;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst = PgdAt.worst(shard); // [n, ...]
    Tensor found =
        shard.adversarial(
            ground ->
                ground
                    .with(ground.threat().withEpsilon(ground.threat().epsilon() * radius))
                    .with(ground.inner().from(Start.CLEAN))
                    .maximise(new Inverse(Losses.CE)),
            Reference.labels(shard.labels())); // [n, ...]
    Tensor best = cleanWhereSaved(shard, found); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor sure = shard.logits(best); // [n, K]
    Tensor divergence = Predictions.divergence(sure, robust, 1); // [n]
    Tensor natural = Predictions.crossEntropy(shard, robust); // [n]
    return ShardLoss.of(natural.add(divergence, lambda), null, robust);
  }

  /** For a saved example a search gives what was saved, the worst. */
  private static Tensor cleanWhereSaved(ShardContext shard, Tensor found) {
    boolean[] saved = shard.saved(); // [n]
    if (!Arrays.equals(saved, new boolean[saved.length])) {
      Tensor is = Tensors.of(saved, saved.length).to(found.device()); // [n]
      return Tensors.where(is.view(Tensors.perSample(found)), shard.inputs(), found);
    }
    return found;
  }

  /** What a search maximises in order to make another loss small. */
  private record Inverse(Loss loss) implements Loss {
    @Override
    public String key() {
      return "inverse-" + loss.key();
    }

    @Override
    public Tensor value(Tensor logits, Reference reference) {
      return loss.value(logits, reference).neg(); // [m]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference reference) {
      return loss.cotangent(logits, reference).neg(); // [m, K]
    }
  }
}
