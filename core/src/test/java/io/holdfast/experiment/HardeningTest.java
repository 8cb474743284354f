package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Targeting;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.image.InMemoryImages;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a program's attack becomes in training. */
class HardeningTest {
  private static final Dataset DATA =
      InMemoryImages.of(
          new DatasetInfo("tiny", List.of(1, 2, 2), List.of("a", "b"), "CC0-1.0"),
          new byte[] {1, 20, 3, 40, 50, 6, 70, 8, 90, 10, 11, 120, 13, 14, 100, 15},
          new int[] {0, 1, 0, 1});

  private static Hardening training(Objective objective, Pgd attack) {
    return Hardening.of(Architectures.mlp(Shape.of(1, 2, 2), 2, 3))
        .against(ThreatModel.linf(0.1).within(0, 1))
        .objective(objective)
        .attack(attack)
        .validation(0)
        .epochs(4)
        .batch(4)
        .workers(1);
  }

  @Test
  void settingsThatTrainingCannotKeepAreRefusedTogether() {
    Pgd attack =
        Pgd.steps(3)
            .restarts(2)
            .loss(Losses.CW)
            .targeting(Targeting.ALL)
            .eot(4)
            .track(Pgd.Track.LAST)
            .randomStart(false);
    assertThatThrownBy(() -> training(new Trades(6), attack).fit(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("attack.restarts")
        .hasMessageContaining("attack.loss")
        .hasMessageContaining("found cw")
        .hasMessageContaining("attack.targets")
        .hasMessageContaining("attack.eot")
        .hasMessageContaining("attack.track")
        .hasMessageContaining("attack.random_start")
        .hasMessageContaining("training by trades");
    assertThatThrownBy(() -> training(new PgdAt(), attack).run().check(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("attack.loss")
        .hasMessageNotContaining("random_start");
  }

  @Test
  void aBundleRecordsTheSearchThatWasUsed() {
    Pgd fgsm = Pgd.steps(1).stepSize(0.05).randomStart(false);
    Pgd random = Pgd.steps(1).stepSize(0.05);
    try (Bundle clean = training(new PgdAt(), fgsm).fit(DATA);
        Bundle uniform = training(new PgdAt(), random).fit(DATA);
        Bundle none = training(new Standard(), random.eot(3)).fit(DATA)) {
      assertThat(attack(clean)).isEqualTo(fgsm.key());
      assertThat(attack(uniform)).isEqualTo(random.key());
      assertThat(clean.network().hash()).isNotEqualTo(uniform.network().hash());
      assertThat(attack(none)).isNull();
    }
  }

  private static @Nullable Object attack(Bundle bundle) {
    Provenance origin = bundle.provenance();
    return origin.configuration().get("train") instanceof Map<?, ?> train
        ? train.get("attack")
        : null;
  }
}
