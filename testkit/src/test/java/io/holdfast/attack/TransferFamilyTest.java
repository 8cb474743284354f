package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Composed;
import io.holdfast.attack.gradient.Line;
import io.holdfast.attack.gradient.Mixing;
import io.holdfast.attack.gradient.Neighbours;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.Classifier;
import io.holdfast.model.EnsembleClassifier;
import io.holdfast.model.EnsembleClassifier.Fusion;
import io.holdfast.model.TransferClassifier;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Fit;
import io.holdfast.train.QueriedSurrogate;
import io.holdfast.train.QueriedSurrogate.Answers;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is published about transfer, between small networks that differ by their seeds. */
@ExtendWith(LeakCheck.class)
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransferFamilyTest {
  private static final ThreatModel BLIND = ThreatModel.linf(0.08).knowing(Knowledge.DECISION);

  private final Network first = SmallNetworks.trained(new Seed(41));
  private final Network second = SmallNetworks.trained(new Seed(42));
  private final Dataset data = SmallNetworks.test(200);
  private final Workers one = Workers.of(1);

  @AfterAll
  void release() {
    first.close();
    second.close();
    one.close();
  }

  private long fallen(Classifier judged, Classifier surrogate, Attack attack) {
    AttackDriver driver = new AttackDriver(new TransferClassifier(judged, surrogate), BLIND, one);
    try (Scope scope = Scope.open()) {
      return SmallNetworks.fallen(SmallNetworks.attack(driver, attack, data));
    }
  }

  private long bothWays(Attack attack) {
    Classifier a = first.classifier();
    Classifier b = second.classifier();
    return fallen(a, b, attack) + fallen(b, a, attack);
  }

  /**
   * Dong et al. 2018, table 1; Lin et al. 2020, table 1; Wang and He 2021, table 1: each transfers
   * better than iterated FGSM with equal steps.
   */
  @Test
  void momentumNesterovAndVarianceTuningTransferBetterThanIteratedFgsm() {
    long plain = bothWays(Composed.of(Line.COMPOSED));
    Composed tuned = Composed.of(Line.VMI_FGSM);
    assertThat(bothWays(Composed.of(Line.MI_FGSM))).as("momentum").isGreaterThan(plain);
    assertThat(bothWays(Composed.of(Line.NI_FGSM))).as("Nesterov").isGreaterThan(plain);
    assertThat(bothWays(tuned.with(tuned.recipe().with(new Neighbours(5, 1.5)))))
        .as("variance tuning")
        .isGreaterThan(plain);
  }

  /** Wang et al. 2021, table 1: better than momentum alone. */
  @Test
  void mixingOtherImagesInTransfersBetterThanMomentumAlone() {
    Composed momentum = Composed.of(Line.MI_FGSM);
    Composed mixed = momentum.with(momentum.recipe().with(Mixing.STANDARD));
    assertThat(bothWays(mixed)).isGreaterThan(bothWays(momentum));
  }

  /** A black box's answers, counted. */
  private static Classifier counted(Classifier box, AtomicLong asked) {
    return new Classifier() {
      @Override
      public int classes() {
        return box.classes();
      }

      @Override
      public long[] inputShape() {
        return box.inputShape();
      }

      @Override
      public Tensor logits(Tensor x) {
        asked.addAndGet(x.size(0));
        return box.logits(x);
      }

      @Override
      public boolean differentiable() {
        return false;
      }
    };
  }

  /** Papernot et al. 2017; Hinton et al. 2015. Every question is counted. */
  @Test
  void aSurrogateIsLearnedFromAnswersAndTransfers() {
    Attack attack = Composed.of(Line.MI_FGSM);
    try (Scope scope = Scope.open()) {
      Tensor own = // none of which the black box was trained on
          FashionMnist.train().batch(IntStream.range(3000, 3800).toArray()).inputs().dense();
      for (Answers answers : Answers.values()) {
        AtomicLong asked = new AtomicLong();
        Classifier box = counted(first.classifier(), asked);
        try (Network student = SmallNetworks.fresh(new Seed(50))) {
          QueriedSurrogate plan = QueriedSurrogate.by(answers, Fit.steps(150));
          QueriedSurrogate.Result result = plan.train(student, box, own, Domain.UNIT, new Seed(6));
          assertThat(result.queries()).isEqualTo(800);
          assertThat(asked).hasValue(800);
          assertThat(result.agreement()).as("%s", answers).isGreaterThan(0.7);
          assertThat(fallen(box, student.classifier(), attack)).isGreaterThan(20);
        }
      }
    }
  }

  @Test
  void augmentationDoublesTheQuestionsAndStaysInTheDomain() {
    AtomicLong asked = new AtomicLong();
    try (Scope scope = Scope.open();
        Network student = SmallNetworks.fresh(new Seed(51))) {
      Tensor own = FashionMnist.train().batch(IntStream.range(0, 30).toArray()).inputs().dense();
      Classifier box = counted(first.classifier(), asked);
      QueriedSurrogate.Result result =
          new QueriedSurrogate(Answers.LABELS, 2, 0.1, new Fit(3, 16, 0.003))
              .train(student, box, own, Domain.UNIT, new Seed(7));
      assertThat(result.queries()).isEqualTo(120);
      assertThat(asked).hasValue(120);
    }
    try (Network student = SmallNetworks.fresh(new Seed(51));
        KitModel other = KitModel.trained(new Seed(1));
        Scope scope = Scope.open()) {
      QueriedSurrogate plan = QueriedSurrogate.by(Answers.SCORES, Fit.steps(1));
      Tensor x = io.holdfast.tensor.Tensors.zeros(2, 1, 8, 8);
      assertThatThrownBy(() -> plan.train(student, other, x, Domain.UNIT, new Seed(1)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("5 classes");
    }
  }

  /** An ensemble that holds the judged model itself is a white box in part. */
  @Test
  void ensemblesSearchWhatFoolsAll() {
    Classifier a = first.classifier();
    Classifier b = second.classifier();
    Attack attack = Pgd.steps(10).track(Pgd.Track.LAST);
    long alone = fallen(a, b, attack);
    for (Fusion fusion : Fusion.values()) {
      long fused = fallen(a, new EnsembleClassifier(List.of(a, b), fusion), attack);
      assertThat(fused).as("%s", fusion).isGreaterThan(alone);
    }
  }
}
