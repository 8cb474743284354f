package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Journal;
import io.holdfast.data.Dataset;
import io.holdfast.experiment.Hardening;
import io.holdfast.experiment.Pipeline;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Precision;
import io.holdfast.testkit.governor.ScriptedGauges;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two stages that take equal time within the budgets of one run, on a scripted clock. */
class GovernedStagesTest {
  private static final int BATCH = 8;
  private static final Dataset TRAIN = Run.TRAIN.first(3 * BATCH);
  private static final double GRADIENT = 0.02; // seconds per step
  private static final double FIXED = 0.04;
  private static final double EACH = 8 * 3 * (4 * GRADIENT + FIXED); // and 12 * 3 * (2 * ...)

  private final ScriptedGauges gauges = new ScriptedGauges();
  private final ClockedObjective objective =
      new ClockedObjective(gauges, GRADIENT / BATCH, FIXED / BATCH);

  private static Budgets deadline(double seconds) {
    return Budgets.NONE.withDeadline(Duration.ofMillis((long) (seconds * 1e3)));
  }

  private Governor governor(Budgets budgets) {
    return Governor.of(budgets, gauges, 1, Progress.silent(), Stopper.manual());
  }

  private boolean resume = true;

  private Pipeline stages(@Nullable Governor governor, @Nullable Path folder, Stopper stopper) {
    return Pipeline.of(common(governor, folder, stopper))
        .stage("strong", h -> h.attack(Pgd.steps(4)).epochs(8))
        .stage("weak", h -> h.attack(Pgd.steps(2)).epochs(12));
  }

  private Hardening common(@Nullable Governor governor, @Nullable Path folder, Stopper stopper) {
    TrainSettings settings =
        TrainSettings.defaults().toBuilder()
            .batch(BATCH)
            .shard(BATCH)
            .precision(Precision.FLOAT32)
            .objective(objective)
            .build();
    Hardening common =
        Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 8))
            .against(ThreatModel.linf(0.1).within(0, 1))
            .settings(settings)
            .validation(0)
            .seed(5)
            .workers(1)
            .resume(resume)
            .stopper(stopper)
            .governor(governor);
    return folder == null ? common : common.folder(folder);
  }

  private String trained(@Nullable Governor governor, @Nullable Path folder) {
    try (Bundle bundle = stages(governor, folder, Stopper.manual()).fit(TRAIN)) {
      return bundle.network().hash();
    }
  }

  private static List<Decision> of(Governor governor, What what) {
    return governor.journal().decisions().stream().filter(d -> d.what() == what).toList();
  }

  private static double seconds(Decision summary) {
    return summary.measured().getOrDefault("seconds", Double.NaN);
  }

  @Test
  void aDeadlineIsThatOfAllStagesAndEachGetsItsPart(@TempDir Path folder) {
    String free = trained(null, null);
    assertThat(gauges.seconds()).as("the control").isCloseTo(2 * EACH, within(1e-6));
    double begin = gauges.seconds();
    try (Governor governor = governor(deadline(EACH))) {
      assertThat(trained(governor, folder)).isNotEqualTo(free);
      assertThat(gauges.seconds() - begin).isBetween(0.9 * EACH, 1.05 * EACH);
      List<Decision> ends = of(governor, What.SUMMARY);
      assertThat(ends)
          .extracting(Decision::phase)
          .containsExactly("training/strong", "training/weak");
      assertThat(ends).noneMatch(d -> d.why().startsWith("gave up nothing"));
      // work: 8 x 3 x (4 + 2) and 12 x 3 x (2 + 2)
      assertThat(seconds(ends.get(0))).isBetween(0.9 * EACH / 2, 1.05 * EACH / 2);
      assertThat(seconds(ends.get(1))).isLessThanOrEqualTo(EACH - seconds(ends.get(0)));
      List<Decision> each =
          Stream.of("strong", "weak")
              .map(stage -> folder.resolve("stages").resolve(stage).resolve(Journal.FILE))
              .flatMap(file -> Journal.read(file).stream())
              .toList();
      assertThat(Journal.read(folder.resolve(Journal.FILE))).isEqualTo(each);
      assertThat(governor.journal().decisions()).isEqualTo(each);
    }
  }

  /** What the second one begins with would be lost. */
  @Test
  void adversarialSamplesArePutOffInTheFirstStageAlone() {
    ClockedObjective plain = new ClockedObjective(gauges, GRADIENT / BATCH, 1.5 * GRADIENT / BATCH);
    Budgets later = Budgets.NONE.withDeadline(Duration.ofMillis(5500)).withDelay(true); // of 12.9 s
    try (Governor governor = governor(later);
        Bundle trained =
            Pipeline.of(common(governor, null, Stopper.manual()).objective(plain))
                .stage("strong", h -> h.attack(Pgd.steps(4)).epochs(20))
                .stage("weak", h -> h.attack(Pgd.steps(2)).epochs(30))
                .fit(TRAIN)) {
      assertThat(trained.threat()).isNotNull();
      assertThat(of(governor, What.ADVERSARIAL_FROM))
          .isNotEmpty()
          .allMatch(d -> d.phase().equals("training/strong"));
      assertThat(of(governor, What.ADVERSARIAL_SHARE))
          .anyMatch(d -> d.phase().equals("training/weak"));
    }
    try (Governor governor = governor(later);
        Bundle start = common(null, null, Stopper.manual()).epochs(1).fit(TRAIN)) {
      Hardening common = common(governor, null, Stopper.manual()).startFrom(start);
      assertRefusedAtOnce(
          Pipeline.of(common).stage("only", h -> h), "fewer, where training begins with another");
      try (Bundle second =
          Pipeline.of(common(governor, null, Stopper.manual()))
              .stage("fresh", h -> h.epochs(1))
              .stage("other", start, h -> h.epochs(1))
              .fit(TRAIN)) {
        assertThat(second.threat()).isNotNull();
      }
    }
  }

  @Test
  void timeThatOneStageLeavesIsTheNextOnes() {
    objective.pace(0.4); // fast enough for all of it, and slow again in the second stage
    try (Governor governor = governor(deadline(EACH * 1.5))) {
      Pipeline pipeline = stages(governor, null, Stopper.manual());
      objective.slowFrom(8 * 3, 1);
      try (Bundle bundle = pipeline.fit(TRAIN)) {
        assertThat(bundle.threat()).isNotNull();
      }
      assertThat(of(governor, What.SUMMARY)).allMatch(d -> d.why().startsWith("gave up nothing"));
    }
    assertThat(gauges.seconds()).isCloseTo(1.4 * EACH, within(1e-6));
  }

  @Test
  void processorTimeIsSharedOutToo() {
    gauges.using(2);
    try (Governor governor = governor(Budgets.NONE.withCoreSeconds(2 * EACH))) {
      trained(governor, null);
      assertThat(gauges.seconds()).isBetween(0.9 * EACH, 1.05 * EACH);
    }
  }

  @Test
  void aReplayOfTheJournalGivesTheSameWeights(@TempDir Path folder) {
    String weights;
    try (Governor governor = governor(deadline(EACH))) {
      weights = trained(governor, folder);
    }
    gauges.advance(12345);
    Path journal = folder.resolve(Journal.FILE);
    Budgets replay = Budgets.NONE.withReplay(journal);
    try (Governor governor = governor(replay)) {
      assertThat(trained(governor, null)).isEqualTo(weights);
      assertThat(of(governor, What.ATTACK_STEPS)).isNotEmpty();
    }
    Run single = new Run();
    single.governor = governor(replay);
    assertThatThrownBy(single::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected training, found training/strong");
    try (Governor governor = governor(replay)) {
      Pipeline others =
          Pipeline.of(common(governor, null, Stopper.manual()))
              .stage("strong", h -> h.attack(Pgd.steps(4)).epochs(8))
              .stage("other", h -> h.attack(Pgd.steps(2)).epochs(12));
      assertRefusedAtOnce(others, "expected training/other, found training/weak");
      Path part = folder.resolve("stages").resolve("weak").resolve(Journal.FILE);
      Budgets less = Budgets.NONE.withReplay(part);
      assertRefusedAtOnce(
          stages(governor(less), null, Stopper.manual()),
          "expected training/strong, found training/weak");
    }
  }

  private void assertRefusedAtOnce(Pipeline pipeline, String why) {
    long before = objective.gradients.get();
    assertThatThrownBy(() -> pipeline.fit(TRAIN))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
    assertThat(objective.gradients.get()).isEqualTo(before);
  }

  @Test
  void aStageHasNoOtherGovernorThanAll() {
    Pipeline pipeline =
        Pipeline.of(common(governor(deadline(EACH)), null, Stopper.manual()))
            .stage("free", h -> h.governor(governor(deadline(EACH))));
    assertRefusedAtOnce(pipeline, "that of the common training");
    Governor own = governor(deadline(EACH / 2));
    try (Bundle bundle =
        Pipeline.of(common(null, null, Stopper.manual()))
            .stage("led", h -> h.attack(Pgd.steps(4)).epochs(8).governor(own))
            .fit(TRAIN)) {
      assertThat(bundle.threat()).isNotNull();
    }
    assertThat(gauges.seconds()).isBetween(0.9 * EACH / 2, 1.05 * EACH / 2);
  }

  @Test
  void aFreshRunTakesNothingOverFromTheOneBefore(@TempDir Path folder) {
    String free = trained(null, null);
    try (Governor governor = governor(deadline(EACH))) {
      trained(governor, folder);
    }
    resume = false;
    Stopper stopper = Stopper.manual();
    objective.at(objective.gradients.get() + BATCH * 20, stopper::request);
    Budgets plenty = deadline(EACH * 10);
    try (Governor governor = governor(plenty)) {
      Pipeline stopped = stages(governor, folder, stopper);
      assertThatThrownBy(() -> stopped.fit(TRAIN)).isInstanceOf(RunInterruptedException.class);
    }
    resume = true;
    try (Governor governor = governor(plenty)) {
      assertThat(trained(governor, folder)).isEqualTo(free);
      assertThat(of(governor, What.SUMMARY)).allMatch(d -> d.why().startsWith("gave up nothing"));
    }
  }

  @Test
  void aStoppedRunGoesOnWithTheTimeThatIsLeft(@TempDir Path folder) {
    for (int gradients : new int[] {BATCH * 20, BATCH * 45}) { // in the first and in the second
      Path run = folder.resolve("after-" + gradients);
      long begin = objective.gradients.get();
      double clock = gauges.seconds();
      Stopper stopper = Stopper.manual();
      objective.at(begin + gradients, stopper::request);
      try (Governor governor = governor(deadline(EACH))) {
        Pipeline stopped = stages(governor, run, stopper);
        assertThatThrownBy(() -> stopped.fit(TRAIN)).isInstanceOf(RunInterruptedException.class);
      }
      assertThat(Files.exists(run.resolve("stages/strong/model.holdfast")))
          .isEqualTo(gradients > BATCH * 30);
      double ran = gauges.seconds() - clock;
      gauges.advance(1000); // which nobody works
      double again = gauges.seconds();
      try (Governor governor = governor(deadline(EACH))) {
        trained(governor, run);
        assertThat(of(governor, What.SUMMARY)).hasSize(2);
      }
      assertThat(ran + gauges.seconds() - again).isBetween(0.85 * EACH, 1.05 * EACH);
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double margin) {
    return org.assertj.core.api.Assertions.within(margin);
  }
}
