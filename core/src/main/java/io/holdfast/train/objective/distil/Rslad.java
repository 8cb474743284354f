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
import io.holdfast.train.objective.Trades;
import java.util.List;
import java.util.Set;

/**
 * Robust soft-label distillation (Zi et al. 2021, equation 7): the teacher's clean prediction is
 * the label everywhere, {@code alpha KL(teacher(x), student(x')) + (1 - alpha) KL(teacher(x),
 * student(x))}, also in the search, which maximises the first of the two. Labels take no part.
 *
 * @param alpha share of the worst case in [0, 1]
 * @param teacher whose predictions are learned, a robust model
 */
public record Rslad(double alpha, Guide teacher) implements ListedObjective<Rslad> {
  /** The registry's line. */
  public static final ObjectiveSpec<Rslad> SPEC =
      new ObjectiveSpec<>(
          "rslad",
          "alpha x KL(teacher on clean, student on worst case) + (1 - alpha) x KL(both on clean)",
          "Zi et al. 2021, equation 7",
          new Rslad(5.0 / 6, Guide.given("teacher")),
          List.of(
              Teachers.of(Rslad::teacher, (o, v) -> new Rslad(o.alpha, v)),
              Knobs.share(
                  "alpha",
                  "share of the worst case",
                  Rslad::alpha,
                  (o, v) -> new Rslad(v, o.teacher))));

  @Override
  public ObjectiveSpec<Rslad> spec() {
    return SPEC;
  }

  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Passes passes() {
    return Passes.of(2, 2).searching(1).guided(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN);
  }

  /** As the authors have it; a student that equals its teacher has no slope at the clean input. */
  @Override
  public boolean ownStart() {
    return true;
  }

  @Override
  public List<Guide> guides() {
    return List.of(teacher);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor taught = shard.guideLogits(teacher, shard.inputs()); // [n, K]
    Tensor worst = Trades.worst(shard, Nn.softmax(taught, 1)); // [n, ...]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor onWorst = Predictions.divergence(taught, robust, 1); // [n]
    Tensor onClean = Predictions.divergence(taught, clean, 1); // [n]
    return ShardLoss.of(onWorst.mul(alpha).add(onClean, 1 - alpha), clean, robust);
  }
}
