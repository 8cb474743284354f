package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * Defensive distillation (Papernot et al. 2016, section IV): cross-entropy at temperature T with
 * the teacher's probabilities at T, on clean inputs. The paper's teacher has the same architecture
 * and was trained at T too; served at temperature 1, the student's gradients all but vanish.
 * Carlini and Wagner 2017 broke it: it is here as the weak defence that it is, and as plain
 * distillation.
 *
 * @param temperature T, above 0
 * @param teacher whose predictions are learned
 */
public record DefensiveDistillation(double temperature, Guide teacher)
    implements ListedObjective<DefensiveDistillation> {
  /** The registry's line. */
  public static final ObjectiveSpec<DefensiveDistillation> SPEC =
      new ObjectiveSpec<>(
          "defensive-distillation",
          "cross-entropy with the teacher's clean prediction, both at temperature T",
          "Papernot et al. 2016, section IV",
          new DefensiveDistillation(20, Guide.given("teacher")),
          List.of(
              Teachers.of(
                  DefensiveDistillation::teacher,
                  (o, v) -> new DefensiveDistillation(o.temperature, v)),
              Knobs.number(
                  "temperature",
                  "T",
                  0.01,
                  1e4,
                  DefensiveDistillation::temperature,
                  (o, v) -> new DefensiveDistillation(v, o.teacher))));

  @Override
  public ObjectiveSpec<DefensiveDistillation> spec() {
    return SPEC;
  }

  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.guided(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN);
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public List<Guide> guides() {
    return List.of(teacher);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor taught = shard.guideLogits(teacher, shard.inputs()); // [n, K]
    Tensor wanted = Nn.softmax(taught.div(temperature), 1); // [n, K]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor log = Predictions.logSoftmax(clean, temperature); // [n, K]
    return ShardLoss.of(wanted.mul(log).sum(1).neg(), clean, null);
  }
}
