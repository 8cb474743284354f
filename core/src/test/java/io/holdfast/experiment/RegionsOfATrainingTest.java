package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.image.InMemoryImages;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Methods;
import io.holdfast.train.Regions;
import io.holdfast.train.Selection;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.objective.Standard;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weak regions in a training from a program. */
class RegionsOfATrainingTest {
  private static final Dataset DATA = PipelineTest.data(80);

  private static Hardening plain() {
    return Hardening.of(Architectures.mlp(Shape.of(1, 2, 2), 2, 3))
        .against(ThreatModel.linf(0.1).within(0, 1))
        .attack(Pgd.steps(2))
        .validation(0)
        .epochs(3)
        .batch(8)
        .seed(5)
        .workers(1);
  }

  private static Regions regions() {
    Map<Long, Boolean> held = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      held.put(DATA.id(i), i % 7 < 3);
    }
    return new Regions(null, DATA.first(60), held, 2, 3, 1);
  }

  private static Bundle first() {
    return plain().objective(new Standard()).seed(2).fit(DATA);
  }

  @Test
  void trainingDrawsByTheRegionsThatTheModelItStartsFromTellsApart() {
    try (Bundle first = first();
        Workers one = Workers.of(1);
        Bundle alike = plain().startFrom(first).fit(DATA);
        Bundle found = plain().startFrom(first).regions(regions()).fit(DATA)) {
      Regions.Found byHand =
          regions()
              .find(first.network(), DATA, new Seed(5), one, Stopper.manual(), Progress.silent());
      assertThat(IntStream.range(0, 80).map(byHand.train()::group).distinct().count()).isEqualTo(4);
      assertThat(byHand.selection().groups().values()).anyMatch(weak -> weak > 0.1);
      TrainSettings settings = plain().settings();
      Methods methods = settings.methods().with(byHand.selection());
      Hardening same =
          plain().startFrom(first).settings(settings.toBuilder().methods(methods).build());
      try (Bundle expected = same.fit(byHand.train())) {
        assertThat(found.network().hash())
            .isEqualTo(expected.network().hash())
            .isNotEqualTo(alike.network().hash());
      }
    }
  }

  @Test
  void aModelOfItsOwnTellsThemApartWhereItIsGiven() {
    try (Bundle first = first();
        Bundle other = plain().seed(3).fit(DATA);
        Workers one = Workers.of(1)) {
      Map<Long, Boolean> held = new HashMap<>();
      IntStream.range(0, 60).forEach(i -> held.put(DATA.id(i), i % 7 < 3));
      Regions own = new Regions(other.network(), DATA.first(60), held, 2, 3, 1);
      Selection byHand =
          own.find(first.network(), DATA, new Seed(5), one, Stopper.manual(), Progress.silent())
              .selection();
      Selection byStart =
          regions()
              .find(first.network(), DATA, new Seed(5), one, Stopper.manual(), Progress.silent())
              .selection();
      assertThat(byHand).isNotEqualTo(byStart);
      try (Bundle fresh = plain().regions(own).fit(DATA); // with nothing to start from
          Bundle alike = plain().fit(DATA)) {
        assertThat(fresh.network().hash()).isNotEqualTo(alike.network().hash());
      }
      assertThatThrownBy(() -> plain().regions(regions()).fit(DATA))
          .hasMessageContaining("train.samples.model: expected a bundle");
    }
  }

  @Test
  void anInterruptedTrainingEndsWithTheSameWeights(@TempDir Path folder) {
    try (Bundle first = first();
        Bundle whole = plain().startFrom(first).regions(regions()).fit(DATA)) {
      Stopper stopper = Stopper.manual();
      Progress soon =
          (title, total, unit) ->
              n -> {
                if (title.contains("training")) {
                  stopper.request();
                }
              };
      Hardening run = plain().startFrom(first).regions(regions()).folder(folder);
      assertThatThrownBy(() -> run.progress(soon).stopper(stopper).fit(DATA))
          .isInstanceOf(RunInterruptedException.class);
      try (Bundle resumed = run.resume(true).fit(DATA)) {
        assertThat(resumed.network().hash()).isEqualTo(whole.network().hash());
      }
    }
  }

  private static Dataset images(int side) {
    byte[] pixels = new byte[40 * side * side];
    new Seed(3).generator().nextBytes(pixels);
    int[] labels = IntStream.range(0, 40).map(i -> i % 2).toArray();
    DatasetInfo info =
        new DatasetInfo("noise", List.of(1, side, side), List.of("a", "b"), "CC0-1.0");
    return InMemoryImages.of(info, pixels, labels);
  }

  private static Hardening ofSide(int side) {
    return Hardening.of(
            Architectures.parse("preact-resnet-18[width=2]").build(Shape.of(1, side, side), 2))
        .against(ThreatModel.linf(0.1).within(0, 1))
        .attack(Pgd.steps(1))
        .validation(0)
        .epochs(1)
        .batch(8)
        .workers(1);
  }

  /** The weights of one size of images, from which training goes on with another. */
  @Test
  void imagesMayHaveAnotherSizeThanThoseOfTheStart() {
    Dataset larger = images(12);
    try (Bundle first = ofSide(8).fit(images(8))) {
      Map<Long, Boolean> held = new HashMap<>();
      IntStream.range(0, 40).forEach(i -> held.put(larger.id(i), i % 3 > 0));
      Regions regions = new Regions(null, larger, held, 2, 3, 1);
      try (Bundle found = ofSide(12).startFrom(first).regions(regions).fit(larger);
          Bundle alike = ofSide(12).startFrom(first).fit(larger)) {
        assertThat(found.network().hash()).isNotEqualTo(alike.network().hash());
      }
    }
  }
}
