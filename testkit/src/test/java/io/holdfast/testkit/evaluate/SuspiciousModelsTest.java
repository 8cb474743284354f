package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.TEST;
import static io.holdfast.testkit.evaluate.Suite.evaluation;
import static io.holdfast.testkit.evaluate.Suite.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.HoldfastException;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.model.Classifier;
import io.holdfast.record.Attempt;
import io.holdfast.record.InvariantViolationException;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Goal;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuspiciousModelsTest {
  private static List<String> flags(Classifier model) {
    return evaluation(model).on(TEST).card().flags();
  }

  @Test
  void maskedGradientsAreFlagged() {
    Wrapped staircase = Wrapped.before(x -> x.mul(8).round().div(8));
    assertThat(flags(staircase))
        .anySatisfy(f -> assertThat(f).startsWith("masked gradients: the loss has a gradient"));
  }

  @Test
  void probabilitiesGivenAsLogitsAreFlagged() {
    Wrapped softmax = Wrapped.behind(z -> z.sub(z.logSumExp(1).unsqueeze(1)).exp());
    assertThat(flags(softmax)).anySatisfy(f -> assertThat(f).startsWith("probabilities as logits"));
  }

  @Test
  void aConstantPredictorIsFlagged() {
    Wrapped constant = Wrapped.behind(z -> z.mul(1e-6).add(first(z)));
    assertThat(flags(constant)).anySatisfy(f -> assertThat(f).startsWith("constant predictor"));
  }

  /** 1 for class 0, else 0. */
  private static Tensor first(Tensor logits) {
    float[] row = new float[(int) logits.size(1)];
    row[0] = 1;
    return Tensors.of(row, 1, row.length);
  }

  @Test
  void anAttackOfManyStepsThatFindsLessThanOneStepIsFlagged() {
    Evaluation stuck =
        Evaluation.of(Suite.MODEL)
            .against(ThreatModel.linf(0.05))
            .with(Fgsm.standard(), Pgd.steps(6).stepSize(1e-6).randomStart(false));
    assertThat(stuck.on(TEST).card().flags())
        .anySatisfy(f -> assertThat(f).startsWith("masked gradients: fgsm with at most 1"));
  }

  @Test
  void aModelThatGivesNanIsRefusedInPlainWords() {
    Wrapped broken = Wrapped.behind(z -> z.mul(Double.NaN));
    assertThatThrownBy(() -> flags(broken))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("clean pass: the logit of sample " + TEST.id(0) + " is not finite");
  }

  @Test
  void aCertificateThatAnAttackRefutesIsAnError(@TempDir Path folder) {
    EvaluationResult honest = evaluation().folder(folder).on(TEST);
    Attempt fallen =
        list(honest.rows()).stream()
            .filter(r -> r.outcome() == Outcome.FELL)
            .findFirst()
            .orElseThrow();
    try (Ledger ledger = Ledger.open(folder, honest.card().provenance())) {
      ledger.append(
          List.of(
              Attempt.of(Kind.CERTIFICATE, "false-proof", fallen.sampleId(), fallen.label())
                  .threat(fallen.threat(), 0.05)
                  .outcome(Outcome.CERTIFIED)
                  .predicted(fallen.label(), 1, 1)
                  .build()));
    }
    assertThatThrownBy(() -> evaluation().folder(folder).resume(true).on(TEST))
        .isInstanceOf(InvariantViolationException.class)
        .hasMessageContaining("an attack succeeded inside a certified ball")
        .hasMessageContaining(Long.toString(fallen.sampleId()));
  }

  @Test
  void aModelThatDrawsRandomNumbersBreaksNoInvariant() {
    EvaluationResult result = evaluation(new Flipping()).on(TEST);
    assertThat(result.card().attacks()).hasSize(2);
    assertThat(result.card().robustAccuracy()).isNotNull();
  }

  /** Answers otherwise at every second call, as an extreme of a model that draws numbers. */
  private static final class Flipping implements Classifier {
    private final AtomicInteger calls = new AtomicInteger();

    @Override
    public int classes() {
      return 10;
    }

    @Override
    public long[] inputShape() {
      return Suite.MODEL.inputShape();
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor z = Suite.MODEL.logits(x);
      return calls.incrementAndGet() % 2 == 0 ? z.neg() : z;
    }

    @Override
    public boolean stochastic() {
      return true;
    }
  }

  @Test
  void unionsTargetsAndWideBallsWork() {
    ThreatModel union =
        ThreatModel.union(ThreatModel.linf(0.6), ThreatModel.l2(0.5)).named("desk", 2);
    EvaluationResult result =
        Evaluation.of(Suite.MODEL)
            .against(union.wanting(Goal.target(3)))
            .with(NamedAttack.parse("pgd[steps=2]"))
            .curve(new RobustnessCurve(NamedAttack.of(Pgd.steps(2)), 20, RobustnessCurve.FACTORS))
            .precision(Precision.FLOAT32)
            .on(TEST.first(40));
    assertThat(result.card().threat()).isEqualTo("desk");
    assertThat(result.card().curve())
        .extracting(p -> p.epsilon())
        .containsExactly(0.0, 0.15, 0.3, 0.45, 0.6, 0.9);
  }
}
