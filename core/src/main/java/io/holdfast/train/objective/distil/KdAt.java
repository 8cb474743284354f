package io.holdfast.train.objective.distil;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.GuideKnob;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * Adversarial training with logits that two teachers smooth (Chen et al. 2021, section 3.1), half
 * of their remedy against robust overfitting, of which the other half is the average of weights
 * {@link io.holdfast.train.Swa}: on the student's worst case x', {@code ce CE(student(x'), y) +
 * naturalWeight T^2 KL(natural(x'), student(x')) + teacherWeight T^2 KL(teacher(x'), student(x'))}
 * at temperature T. Both teachers see the worst case too, and were trained apart beforehand, one
 * plainly and one robustly, in the paper with the student's own architecture. The search maximises
 * the student's cross-entropy. The authors' program has the divergences as cross-entropies, which
 * differ from them by what no weight of the student changes.
 *
 * @param ce weight of the cross-entropy, at least 0
 * @param naturalWeight of the plainly trained teacher's term, at least 0
 * @param teacherWeight of the robust teacher's term, at least 0
 * @param temperature T, above 0
 * @param natural a normally trained model
 * @param teacher a robust model
 */
public record KdAt(
    double ce,
    double naturalWeight,
    double teacherWeight,
    double temperature,
    Guide natural,
    Guide teacher)
    implements ListedObjective<KdAt> {
  /** The registry's line; the weights are those of the authors' program. */
  public static final ObjectiveSpec<KdAt> SPEC =
      new ObjectiveSpec<>(
          "kd-at",
          "ce x cross-entropy + T^2 x KL from a natural and from a robust teacher, each by its"
              + " weight, all on the worst case at temperature T",
          "Chen et al. 2021, section 3.1",
          new KdAt(0.3, 0.1, 0.6, 2, Guide.given("natural"), Guide.given("teacher")),
          List.of(
              new GuideKnob<>(
                  "natural",
                  "bundle of a normally trained model",
                  KdAt::natural,
                  (o, v) -> o.with(v, o.teacher)),
              Teachers.of(KdAt::teacher, (o, v) -> o.with(o.natural, v)),
              Knobs.number(
                  "ce",
                  "weight of the cross-entropy",
                  0,
                  1e6,
                  KdAt::ce,
                  (o, v) -> o.with(v, o.naturalWeight, o.teacherWeight, o.temperature)),
              Knobs.number(
                  "natural_weight",
                  "of the divergence from the natural model",
                  0,
                  1e6,
                  KdAt::naturalWeight,
                  (o, v) -> o.with(o.ce, v, o.teacherWeight, o.temperature)),
              Knobs.number(
                  "teacher_weight",
                  "of the divergence from the teacher",
                  0,
                  1e6,
                  KdAt::teacherWeight,
                  (o, v) -> o.with(o.ce, o.naturalWeight, v, o.temperature)),
              Knobs.number(
                  "temperature",
                  "T",
                  0.01,
                  1e4,
                  KdAt::temperature,
                  (o, v) -> o.with(o.ce, o.naturalWeight, o.teacherWeight, v))));

  private KdAt with(Guide one, Guide other) {
    return new KdAt(ce, naturalWeight, teacherWeight, temperature, one, other);
  }

  private KdAt with(double a, double b, double c, double t) {
    return new KdAt(a, b, c, t, natural, teacher);
  }

  @Override
  public ObjectiveSpec<KdAt> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1).guided(2);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.WORST, CommonPass.OF_WORST);
  }

  @Override
  public List<Guide> guides() {
    return List.of(natural, teacher);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst = PgdAt.worst(shard); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    double square = temperature * temperature;
    Tensor losses =
        Predictions.crossEntropy(shard, robust)
            .mul(ce)
            .add(from(natural, shard, worst, robust), naturalWeight * square)
            .add(from(teacher, shard, worst, robust), teacherWeight * square); // [n]
    return ShardLoss.of(losses, null, robust);
  }

  /** The divergence of the student's prediction on the worst case from a guide's, {@code [n]}. */
  private Tensor from(Guide guide, ShardContext shard, Tensor worst, Tensor robust) {
    return Predictions.divergence(shard.guideLogits(guide, worst), robust, temperature);
  }
}
