package io.holdfast.testkit.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.Classifier;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.record.StageScore;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.WithGrad;
import io.holdfast.threat.ThreatModel;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Models that look robust to plain PGD: the scorecard says why not to believe it, and suites break
 * them.
 */
class MaskedModelsTest {
  private static final String PGD = "pgd[steps=10]";

  private static Scorecard card(Classifier model, double epsilon, String... attacks) {
    Evaluation evaluation =
        Evaluation.of(model)
            .against(ThreatModel.linf(epsilon))
            .precision(Precision.FLOAT32)
            .workers(1)
            .examples(0);
    for (String attack : attacks) {
      evaluation = evaluation.with(NamedAttack.parse(attack));
    }
    return evaluation.on(Suite.TEST.first(50)).card();
  }

  private static double robust(Scorecard card, String attack) {
    return Objects.requireNonNull(card.attacks().get(attack)).robustAccuracy().value();
  }

  private static double clean(Scorecard card) {
    Rate rate = card.cleanAccuracy();
    return rate.value();
  }

  @Test
  void aRoundingLayerIsNamedAndBrokenBySquare() {
    Scorecard card = card(Wrapped.before(x -> x.mul(16).round().div(16)), 0.1, PGD, "holdfast");
    assertThat(robust(card, PGD)).isGreaterThan(clean(card) - 0.2);
    assertThat(robust(card, "holdfast")).isLessThan(robust(card, PGD) - 0.15);
    assertThat(card.flags())
        .anySatisfy(
            f ->
                assertThat(f)
                    .startsWith("masked gradients: the loss has a gradient that is zero")
                    .contains("square")
                    .contains("BPDA"))
        .anySatisfy(
            f ->
                assertThat(f)
                    .startsWith("masked gradients: in holdfast, square")
                    .contains("left standing"));
    StageScore square =
        Objects.requireNonNull(
            Objects.requireNonNull(card.attacks().get("holdfast"))
                .stages()
                .get("square[resc_schedule=true]"));
    assertThat(square.leastQueries()).isEqualTo(5000);
  }

  @Test
  void hugeLogitsAreNamedAndBrokenByTheRatio() {
    Scorecard card =
        card(Wrapped.behind(z -> z.mul(2e3)), 0.1, PGD, "apgd-dlr[steps=10]", "holdfast");
    assertThat(robust(card, PGD)).isGreaterThan(robust(card, "apgd-dlr[steps=10]") + 0.15);
    assertThat(robust(card, "holdfast")).isLessThanOrEqualTo(robust(card, "apgd-dlr[steps=10]"));
    assertThat(card.flags())
        .anySatisfy(
            f ->
                assertThat(f)
                    .startsWith("masked gradients: cross-entropy has no gradient at")
                    .contains("apgd-dlr"))
        .noneSatisfy(f -> assertThat(f).contains("the loss has a gradient that is zero"));
  }

  /** Athalye et al. 2018, section 5.3.1: what is random is attacked by its average. */
  @Test
  void aRandomlyResizedModelLooksRobustToPlainPgdAndIsNamedAndBrokenByAveragedGradients() {
    String rand = "autoattack[version=rand,steps=15]";
    try (SharedScope owner = Scope.shared();
        Scope scope = Scope.open()) {
      Scorecard single = card(new RandomResizing(owner), 0.08, PGD);
      Scorecard averaged = card(new RandomResizing(owner), 0.08, rand);
      assertThat(robust(single, PGD)).isGreaterThan(clean(single) - 0.12);
      assertThat(robust(averaged, rand)).isLessThan(0.6 * robust(single, PGD));
      assertThat(single.flags())
          .anySatisfy(
              f ->
                  assertThat(f)
                      .startsWith("random outputs: the same inputs")
                      .contains("single gradients are noise")
                      .contains("version=rand"));
    }
  }

  @Test
  void aModelThatOptimisesToAnswerIsNamed() {
    Wrapped purified =
        Wrapped.before(
            x -> {
              Tensor leaf = x.detach().asLeaf();
              try (WithGrad on = WithGrad.on()) {
                return x.sub(Autograd.grad(leaf.square().sum(), leaf).mul(0.01));
              }
            });
    assertThat(card(purified, 0.1, "uniform-noise").flags())
        .anySatisfy(f -> assertThat(f).startsWith("optimisation at inference"));
  }

  @Test
  void fewClassesAreNamed() {
    int[] ofTheFirstTwo =
        IntStream.range(0, Suite.TEST.size()).filter(i -> Suite.TEST.label(i) < 2).toArray();
    Scorecard card =
        Evaluation.of(new Two())
            .against(ThreatModel.linf(0.05))
            .with(NamedAttack.parse("autoattack[steps=3,queries=5]"))
            .precision(Precision.FLOAT32)
            .workers(1)
            .examples(0)
            .on(Suite.TEST.subset(ofTheFirstTwo))
            .card();
    assertThat(card.flags())
        .anySatisfy(f -> assertThat(f).startsWith("few classes: with 2 classes"));
  }

  /** The first two classes alone. */
  private record Two() implements Classifier {
    @Override
    public int classes() {
      return 2;
    }

    @Override
    public long[] inputShape() {
      return Suite.MODEL.inputShape();
    }

    @Override
    public Tensor logits(Tensor x) {
      return Suite.MODEL.logits(x).slice(1, 0, 2);
    }
  }
}
