package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Where training's own search is easily overfitted to. */
@ExtendWith(LeakCheck.class)
class L1TrainingTest {
  private static final ThreatModel THREAT = ThreatModel.l1(12).within(0, 1);

  /** By steps along few coordinates, steepest in L1, it comes to withstand these and no others. */
  @Tag("slow")
  @Test
  void whatIsTrainedWithinTheL1BallWithstandsAnotherSearch() {
    try (Bundle hardened =
        Hardening.of(Architectures.smallCnn(1, 10))
            .against(THREAT)
            .attack(Pgd.steps(5))
            .optimiser(Optimiser.Config.sgd(0.05))
            .epochs(6)
            .batch(64)
            .validation(0)
            .seed(7)
            .fit(FashionMnist.train().first(6000))) {
      EvaluationResult found =
          Evaluation.of(hardened.classifier())
              .against(THREAT)
              .with(Apgd.of(Apgd.Kind.CE))
              .on(FashionMnist.test().first(200));
      double robust = Objects.requireNonNull(found.card().robustAccuracy()).value();
      System.out.printf("under APGD within L1 12: %.3f%n", robust);
      assertThat(robust).isGreaterThan(0.3);
    }
  }
}
