package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.image.InMemoryImages;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainingRecord;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages of training from a program. */
class PipelineTest {
  private static final int SIDE = 2;
  private static final Dataset DATA = data(16);

  static Dataset data(int n) {
    byte[] pixels = new byte[n * SIDE * SIDE];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % 2;
      for (int j = 0; j < SIDE * SIDE; j++) {
        pixels[i * SIDE * SIDE + j] = (byte) (31 * i * (j + 1) + 60 * labels[i]);
      }
    }
    DatasetInfo info =
        new DatasetInfo("tiny", List.of(1, SIDE, SIDE), List.of("a", "b"), "CC0-1.0");
    return InMemoryImages.of(info, pixels, labels);
  }

  private static Hardening common() {
    return Hardening.of(Architectures.mlp(Shape.of(1, SIDE, SIDE), 2, 3))
        .against(ThreatModel.linf(0.1).within(0, 1))
        .attack(Pgd.steps(2))
        .validation(0)
        .epochs(3)
        .batch(4)
        .seed(5)
        .workers(1);
  }

  private static Pipeline stages(Hardening common) {
    return Pipeline.of(common)
        .stage("pretrain", h -> h.objective(new Standard()))
        .stage("harden", h -> h.objective(Trades.beta(2)).epochs(2))
        .stage("tune", h -> h.objective(new Standard()).epochs(1).freeze(List.of("fc1")));
  }

  @Test
  void stagesAreWhatOneWouldDoByHand() {
    try (Bundle all = stages(common()).fit(DATA);
        Bundle first = common().objective(new Standard()).fit(DATA);
        Bundle second =
            common()
                .objective(Trades.beta(2))
                .epochs(2)
                .startFrom(first)
                .seed(new Seed(5).split("stage").split(1).value())
                .fit(DATA);
        Bundle third =
            common()
                .objective(new Standard())
                .epochs(1)
                .freeze(List.of("fc1"))
                .startFrom(second)
                .seed(new Seed(5).split("stage").split(2).value())
                .fit(DATA)) {
      assertThat(all.network().hash()).isEqualTo(third.network().hash());
      assertThat(first.network().hash()).isNotEqualTo(second.network().hash());
      assertThat(all.threat()).as("hardened by an earlier stage").isNotNull();
      assertThat(third.threat()).isNull();
      assertThat(TrainingRecord.of(all).names()).contains("pgd");
      assertThat(TrainingRecord.of(all).complete()).isTrue();
    }
  }

  /** Each stage is validated on the same samples, which none of them learns. */
  @Test
  void allStagesHoldOutTheSameSamples() {
    Hardening held = common().validation(0.25);
    List<Dataset> parts = HardeningRun.holdOut(DATA, new Seed(5), 0.25);
    Hardening split = common().validation(parts.get(0));
    try (Bundle all = stages(held).fit(DATA);
        Bundle same = stages(split).fit(parts.get(1))) {
      assertThat(all.network().hash()).isEqualTo(same.network().hash());
    }
  }

  @Test
  void stoppedAnywhereAndResumedItEndsWithTheSameBits(@TempDir Path folder) throws Exception {
    try (Bundle whole = stages(common()).fit(DATA)) {
      int stops = 0;
      for (int signs = 1; signs < 40; signs += 5) {
        Path run = folder.resolve("run-" + signs);
        Stopper stopper = Stopper.manual();
        Hardening stopped =
            common().folder(run).stopper(stopper).progress(new StopAfter(signs, stopper));
        try (Bundle ended = stages(stopped).fit(DATA)) {
          assertThat(ended.network().hash()).isEqualTo(whole.network().hash());
        } catch (RunInterruptedException e) {
          stops++;
        }
        try (Bundle resumed = stages(common().folder(run).resume(true)).fit(DATA)) {
          assertThat(resumed.network().hash())
              .as("after " + signs)
              .isEqualTo(whole.network().hash());
        }
        assertThat(Files.exists(Pipeline.folder(run, "harden").resolve("model.holdfast"))).isTrue();
      }
      assertThat(stops).isGreaterThan(3);
    }
  }

  @Test
  void withoutResumeAnEarlierRunDoesNotCount(@TempDir Path folder) {
    Hardening here = common().folder(folder);
    try (Bundle first = stages(here).fit(DATA);
        Bundle other = stages(here.seed(6)).fit(DATA);
        Bundle wanted = stages(common().seed(6)).fit(DATA)) {
      assertThat(other.network().hash()).isEqualTo(wanted.network().hash());
      assertThat(other.network().hash()).isNotEqualTo(first.network().hash());
    }
  }

  /** Of finished stages too: what would not be trained again must be what is asked for. */
  @Test
  void anotherRunIsNotGoneOnWith(@TempDir Path folder) {
    Hardening here = common().folder(folder);
    stages(here).fit(DATA).close();
    Hardening again = here.resume(true);
    stages(again).fit(DATA).close();
    Pipeline other =
        Pipeline.of(again)
            .stage("pretrain", h -> h.objective(new Standard()).freeze(List.of("fc2")))
            .stage("harden", h -> h.objective(Trades.beta(2)).epochs(2))
            .stage("tune", h -> h.objective(new Standard()).epochs(1).freeze(List.of("fc1")));
    assertThatThrownBy(() -> other.fit(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("pretrain")
        .hasMessageContaining("model.freeze");
    assertThatThrownBy(() -> stages(again.batch(8)).fit(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.settings");
    assertThatThrownBy(() -> stages(again.seed(6)).fit(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("seed");
    assertThatThrownBy(() -> stages(again).fit(data(12)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("content of train");
  }

  @Test
  void aStageMayBeginWithAnotherBundle() {
    try (Bundle teacher = common().seed(9).objective(new Standard()).fit(DATA);
        Bundle staged =
            Pipeline.of(common())
                .stage("tune", teacher, h -> h.objective(Trades.beta(1)))
                .fit(DATA);
        Bundle alone = common().startFrom(teacher).objective(Trades.beta(1)).fit(DATA)) {
      assertThat(staged.network().hash()).isEqualTo(alone.network().hash());
      assertThat(Objects.requireNonNull(staged.provenance().dataHashes().get("start")))
          .isEqualTo(teacher.network().hash());
    }
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeTheFirstStep(@TempDir Path folder) {
    Pipeline bad =
        Pipeline.of(common().folder(folder.resolve("run")))
            .stage("one", h -> h)
            .stage("one", h -> h.batch(4))
            .stage("a/b", h -> h)
            .stage("late", h -> h.attack(Pgd.steps(2).restarts(3)));
    assertThatThrownBy(() -> bad.fit(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found one")
        .hasMessageContaining("a/b")
        .hasMessageContaining("attack.restarts");
    assertThatThrownBy(() -> Pipeline.of(common()).fit(DATA))
        .hasMessageContaining("at least one stage");
    assertThat(folder.resolve("run")).doesNotExist();
  }
}
