package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * Adversarially robust distillation (Goldblum et al. 2020, equation 4): {@code alpha T^2} times the
 * divergence of the student's prediction on the worst case from the teacher's on the clean input,
 * both at temperature T, plus {@code 1 - alpha} times the student's clean cross-entropy (at
 * temperature 1, as the authors' program has it). The divergence is a sum over classes; their
 * program has a mean, so that below 1 the same alpha distils less there. The search maximises the
 * student's cross-entropy.
 *
 * @param alpha share of distillation in [0, 1]
 * @param temperature T, above 0
 * @param teacher whose predictions are learned, a robust model
 */
public record Ard(double alpha, double temperature, Guide teacher) implements ListedObjective<Ard> {
  /** The registry's line. */
  public static final ObjectiveSpec<Ard> SPEC =
      new ObjectiveSpec<>(
          "ard",
          "alpha T^2 x KL(teacher on clean, student on worst case) at temperature T"
              + " + (1 - alpha) x clean cross-entropy",
          "Goldblum et al. 2020, equation 4",
          new Ard(1, 30, Guide.given("teacher")),
          List.of(
              Teachers.of(Ard::teacher, (o, v) -> new Ard(o.alpha, o.temperature, v)),
              Knobs.share(
                  "alpha",
                  "share of distillation",
                  Ard::alpha,
                  (o, v) -> new Ard(v, o.temperature, o.teacher)),
              Knobs.number(
                  "temperature",
                  "T",
                  0.01,
                  1e4,
                  Ard::temperature,
                  (o, v) -> new Ard(o.alpha, v, o.teacher))));

  @Override
  public ObjectiveSpec<Ard> spec() {
    return SPEC;
  }

  @Override
  public boolean smooths() {
    return alpha < 1;
  }

  @Override
  public Passes passes() {
    return Passes.of(alpha == 1 ? 1 : 2, alpha == 1 ? 1 : 2).searching(1).guided(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return alpha == 1
        ? Set.of(CommonPass.WORST, CommonPass.OF_WORST)
        : Set.of(CommonPass.CLEAN, CommonPass.WORST, CommonPass.OF_WORST);
  }

  @Override
  public List<Guide> guides() {
    return List.of(teacher);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor taught = shard.guideLogits(teacher, shard.inputs()); // [n, K]
    Tensor robust = shard.logits(PgdAt.worst(shard)); // [n, K]
    Tensor distilled =
        Predictions.divergence(taught, robust, temperature)
            .mul(alpha * temperature * temperature); // [n]
    if (alpha == 1) {
      return ShardLoss.of(distilled, null, robust);
    }
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    return ShardLoss.of(
        distilled.add(Predictions.crossEntropy(shard, clean), 1 - alpha), clean, robust);
  }
}
