package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Nn;
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
 * Introspective adversarial distillation (Zhu et al. 2022, equation 4): the student trusts the
 * teacher by {@code w = p_teacher(y | x')^beta}, the teacher's confidence in the label on the
 * student's worst case, and itself by the rest: {@code T^2 (w KL(teacher(x), student(x')) + gamma
 * (1 - w) KL(student(x), student(x')))}, both at temperature T. Before {@code warmUp} it is the
 * teacher's term alone, with full trust. The authors' program differs: it never weighs the
 * teacher's term, and has {@code T^2} for that one alone.
 *
 * @param beta sharpness of the trust, at least 0; 0 is full trust
 * @param gamma weight of introspection, at least 0
 * @param temperature T of both terms, above 0
 * @param warmUp share of training with full trust, in [0, 1]
 * @param teacher whose predictions are learned, a robust model
 */
public record Iad(double beta, double gamma, double temperature, double warmUp, Guide teacher)
    implements ListedObjective<Iad> {
  /** The registry's line. */
  public static final ObjectiveSpec<Iad> SPEC =
      new ObjectiveSpec<>(
          "iad",
          "w x KL(teacher on clean, student on worst case) + gamma (1 - w) x KL(student on clean, on"
              + " worst case), w the teacher's confidence on the worst case",
          "Zhu et al. 2022, equation 4",
          new Iad(0.1, 1, 1, 0.3, Guide.given("teacher")),
          List.of(
              Teachers.of(
                  Iad::teacher, (o, v) -> new Iad(o.beta, o.gamma, o.temperature, o.warmUp, v)),
              Knobs.number(
                  "beta",
                  "sharpness of the trust",
                  0,
                  1e3,
                  Iad::beta,
                  (o, v) -> new Iad(v, o.gamma, o.temperature, o.warmUp, o.teacher)),
              Knobs.number(
                  "gamma",
                  "weight of introspection",
                  0,
                  1e6,
                  Iad::gamma,
                  (o, v) -> new Iad(o.beta, v, o.temperature, o.warmUp, o.teacher)),
              Knobs.number(
                  "temperature",
                  "T of both terms",
                  0.01,
                  1e4,
                  Iad::temperature,
                  (o, v) -> new Iad(o.beta, o.gamma, v, o.warmUp, o.teacher)),
              Knobs.share(
                  "warm_up",
                  "part of training with full trust",
                  Iad::warmUp,
                  (o, v) -> new Iad(o.beta, o.gamma, o.temperature, v, o.teacher))));

  @Override
  public ObjectiveSpec<Iad> spec() {
    return SPEC;
  }

  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Passes passes() {
    return Passes.of(2, 2).searching(1).guided(2);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return progress < warmUp
        ? Set.of(CommonPass.WORST, CommonPass.OF_WORST)
        : Set.of(CommonPass.CLEAN, CommonPass.WORST, CommonPass.OF_WORST);
  }

  @Override
  public Passes passes(int members, double progress) {
    Passes trusting = Passes.of(1, 1).searching(1).guided(1);
    return (progress < warmUp ? trusting : passes()).over(members);
  }

  @Override
  public List<Guide> guides() {
    return List.of(teacher);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor taught = shard.guideLogits(teacher, shard.inputs()); // [n, K]
    Tensor worst = PgdAt.worst(shard); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor distilled = softened(taught, robust); // [n]
    if (shard.progress() < warmUp) {
      return ShardLoss.of(distilled, null, robust);
    }
    Tensor onWorst = Nn.softmax(shard.guideLogits(teacher, worst), 1); // [n, K]
    Tensor trust = Predictions.at(onWorst, shard.labels()).pow(beta); // [n]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor own = softened(clean, robust).mul(trust.neg().add(1)); // [n]
    return ShardLoss.of(distilled.mul(trust).add(own, gamma), clean, robust);
  }

  /** {@code T^2 KL(p, q)} at temperature T, {@code [n]}. */
  private Tensor softened(Tensor p, Tensor q) {
    return Predictions.divergence(p, q, temperature).mul(temperature * temperature);
  }
}
