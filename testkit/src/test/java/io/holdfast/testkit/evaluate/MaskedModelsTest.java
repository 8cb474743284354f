package io.holdfast.testkit.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.Classifier;
import io.holdfast.model.TransferClassifier;
import io.holdfast.record.Outcome;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.record.StageScore;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.WithGrad;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Models that look robust to plain PGD: the scorecard says why not to believe it, and suites break
 * them.
 */
class MaskedModelsTest {
  private static final String PGD = "pgd[steps=10]";

  /** A radius at which the model of random sizes can be broken. */
  private static final double WIDE = 0.2;

  private static Scorecard card(Classifier model, double epsilon, String... attacks) {
    return card(model, epsilon, Suite.TEST.first(50), attacks);
  }

  private static Scorecard card(Classifier model, double epsilon, Dataset data, String... attacks) {
    Evaluation evaluation =
        Evaluation.of(model)
            .against(ThreatModel.linf(epsilon))
            .precision(Precision.FLOAT32)
            .workers(1)
            .examples(0);
    for (String attack : attacks) {
      evaluation = evaluation.with(NamedAttack.parse(attack));
    }
    return evaluation.on(data).card();
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

  /**
   * Athalye et al. 2018, section 5.3.1: what is random is attacked by its average. On images that
   * are right in whatever place, and judged by what many passes say on average, which no luck of a
   * single pass can change. With as many gradients, one at a time, PGD does far less.
   */
  @Test
  void aRandomlyResizedModelLooksRobustToPlainPgdAndIsNamedAndBrokenByAveragedGradients() {
    try (SharedScope owner = Scope.shared();
        Scope scope = Scope.open()) {
      RandomResizing model = new RandomResizing(owner);
      Dataset steady = rightInEveryPass(model);
      Scorecard single = card(model, WIDE, steady, PGD);
      assertThat(single.flags())
          .anySatisfy(
              f ->
                  assertThat(f)
                      .startsWith("random outputs: the same inputs")
                      .contains("single gradients are noise")
                      .contains("version=rand"));
      double ten = standing(model, PGD, steady);
      assertThat(ten).isGreaterThan(0.65);
      double plain = standing(model, "pgd[steps=600]", steady);
      assertThat(plain).isGreaterThan(0.55);
      double averaged = standing(model, "apgd-ce[steps=30,eot=20]", steady);
      assertThat(averaged).isLessThan(plain - 0.15);
      double rand = standing(model, "autoattack[version=rand,steps=30]", steady);
      assertThat(rand).isLessThan(0.5 * ten);
    }
  }

  /** What an attack leaves standing, by the average of 40 passes. */
  private static double standing(Classifier model, String attack, Dataset data) {
    int n = data.size();
    int[] rows = IntStream.range(0, n).toArray();
    int[] labels = IntStream.of(rows).map(data::label).toArray();
    long[] ids = IntStream.of(rows).mapToLong(data::id).toArray();
    Classifier judged = new TransferClassifier(new Average(model, 40), model);
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      Tensor x = Tensors.of(data.read(rows), n, 1, 28, 28);
      List<AttackResult.Sample> samples =
          new AttackDriver(judged, ThreatModel.linf(WIDE), one)
              .run(Attacks.parse(attack), x, labels, ids, new Seed(4))
              .samples();
      return samples.stream().filter(s -> s.outcome() == Outcome.HELD).count() / (double) n;
    }
  }

  /** The mean logits of several passes. */
  private record Average(Classifier model, int passes) implements Classifier {
    @Override
    public int classes() {
      return model.classes();
    }

    @Override
    public long[] inputShape() {
      return model.inputShape();
    }

    @Override
    public boolean stochastic() {
      return true;
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor sum = model.logits(x); // [N, K]
      for (int pass = 1; pass < passes; pass++) {
        sum = sum.add(model.logits(x));
      }
      return sum.div(passes);
    }
  }

  /** The first images of the test set that 60 passes all get right. */
  private static Dataset rightInEveryPass(Classifier model) {
    Dataset test = Suite.TEST;
    int[] all = IntStream.range(0, test.size()).toArray();
    int[] right = new int[all.length];
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(test.read(all), all.length, 1, 28, 28);
      for (int pass = 0; pass < 60; pass++) {
        long[] answers = model.logits(x).argmax(1).toLongs();
        IntStream.of(all).forEach(i -> right[i] += answers[i] == test.label(i) ? 1 : 0);
      }
    }
    return test.subset(IntStream.of(all).filter(i -> right[i] == 60).limit(40).toArray());
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
