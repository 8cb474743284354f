package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.record.Scorecard;
import io.holdfast.report.LearningCurves;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Run.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Catastrophic overfitting: provoked by FGSM with a large step, caught, and survived. */
@ExtendWith(LeakCheck.class)
class CatastrophicOverfittingTest {
  private static final Dataset TRAIN = FashionMnist.train().first(1024);
  private static final Dataset HELD_OUT = FashionMnist.train().subset(range(2000, 2128));
  private static final int STEPS = 16 * 16;

  private static int[] range(int from, int to) {
    return java.util.stream.IntStream.range(from, to).toArray();
  }

  private static Graph graph() {
    GraphBuilder g = Graph.builder("mlp");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("flatten", new Flatten());
    g.add("a", Linear.of(256));
    g.add("relu1", new Relu());
    g.add("b", Linear.of(256));
    g.add("relu2", new Relu());
    return g.output(g.add("out", Linear.of(10))).build();
  }

  /** FGSM whose step grows to 0.3: from about 0.25 on it no longer makes the model robust. */
  private static Run run(@Nullable OverfittingGuard guard) {
    return new Run()
        .with(r -> r.graph = graph())
        .with(r -> r.train = TRAIN)
        .with(r -> r.validation = HELD_OUT)
        .with(r -> r.threat = ThreatModel.linf(0.3).within(0, 1))
        .with(r -> r.start = Start.CLEAN)
        .with(r -> r.fraction = 1)
        .settings(
            s ->
                s.steps(Curve.constant(1))
                    .radius(Curve.ramp(0.07, 1, 0.7))
                    .epochs(16)
                    .batch(64)
                    .shard(64)
                    .validation(0, 1)
                    .optimiser(
                        new Optimiser.Config(
                            "adamw", 1e-3, 0, false, 0.9, 0.999, 0, Schedule.constant()))
                    .methods(Methods.NONE.with(guard)));
  }

  /** The same with eight steps, which needs no watch. */
  private static Run strong(Run run) {
    return run.with(r -> r.start = Start.UNIFORM)
        .with(r -> r.steps = 8)
        .with(r -> r.fraction = 0.25)
        .settings(s -> s.steps(Curve.constant(8)));
  }

  private static OverfittingGuard guard() {
    return new OverfittingGuard(16, 128, 10, 0.5, OverfittingGuard.standard().remedies());
  }

  private static List<JsonNode> events(Path folder, String event) {
    return MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
        .filter(line -> line.path("event").asText().equals(event))
        .toList();
  }

  /** Accuracy under PGD-20 at full strength, in [0, 1]. */
  private static double robust(Network network) {
    Scorecard card =
        Evaluation.of(network.classifier())
            .against(ThreatModel.linf(0.3).within(0, 1))
            .with(Pgd.steps(20))
            .on(FashionMnist.test().first(400))
            .card();
    return Objects.requireNonNull(card.robustAccuracy()).value();
  }

  /** Asks for a stop after a number of steps, and when something is noted. */
  private static Progress stopping(Stopper stopper, int afterSteps, List<String> notes) {
    return new Progress() {
      private int steps;

      @Override
      public Task start(String title, long total, String unit) {
        return n -> {
          if (++steps == afterSteps) {
            stopper.request();
          }
        };
      }

      @Override
      public void note(String line) {
        notes.add(line);
        if (afterSteps == 0) {
          stopper.request();
        }
      }
    };
  }

  private static Run stopped(Path folder, int afterSteps) {
    Run run = run(guard()).in(folder).resuming().with(r -> r.workers = 2);
    run.stopper = Stopper.manual();
    run.progress = stopping(run.stopper, afterSteps, new ArrayList<>());
    return run;
  }

  @Tag("slow")
  @Test
  void isCaughtRolledBackAndSurvived(@TempDir Path folder) {
    double lost;
    try (Network network = run(null).network()) {
      run(null).go(network);
      lost = robust(network);
    }
    double strong;
    try (Network network = run(null).network()) {
      strong(run(null)).go(network);
      strong = robust(network);
    }
    Path with = folder.resolve("with");
    List<String> notes = new ArrayList<>();
    Run guarded = run(guard()).in(with).with(r -> r.workers = 1);
    guarded.progress = stopping(guarded.stopper, -1, notes);
    try (Network network = guarded.network()) {
      assertThat(guarded.go(network)).isEqualTo(new TrainResult(STEPS, 16, false, null));
      double kept = robust(network);
      System.out.printf(
          "PGD-20 at 0.3: %.3f without the watch, %.3f with it, %.3f after PGD-8 all the way%n",
          lost, kept, strong);
      assertThat(lost).isLessThan(0.02);
      assertThat(kept).isGreaterThan(lost + 0.05).isGreaterThan(0.75 * strong);
    }
    List<JsonNode> back = events(with, "rollback");
    assertThat(back).isNotEmpty();
    List<String> remedies = back.stream().map(l -> l.path("remedy").asText()).toList();
    assertThat(List.of("more-steps", "more-steps", "grad-align"))
        .startsWith(remedies.toArray(String[]::new));
    for (JsonNode line : back) {
      assertThat(line.path("to").asLong()).isLessThan(line.path("step").asLong());
      assertThat(line.path("robust_accuracy").asDouble())
          .isLessThan(0.5 * line.path("best_accuracy").asDouble())
          .isLessThan(0.5 * line.path("own_accuracy").asDouble());
    }
    assertThat(notes).hasSameSizeAs(back);
    assertThat(notes.get(0)).startsWith("catastrophic overfitting at step").contains("more-steps");
    LearningCurves curves = LearningCurves.read(with.resolve(RunLog.FILE));
    assertThat(curves.notes()).hasSameSizeAs(back);
    assertThat(curves.loss()).extracting(LearningCurves.Point::epoch).isSorted();
    List<JsonNode> probes = events(with, "probe");
    assertThat(probes.get(probes.size() - 1).path("robust_accuracy").asDouble())
        .isGreaterThan(0.08);
  }

  /** Stopped before the probe that finds it, and again right after going back. */
  @Tag("slow")
  @Test
  void aResumedRunEqualsAnUninterruptedOne(@TempDir Path folder) {
    Path whole = folder.resolve("whole");
    Path place = folder.resolve("pieces");
    String weights = run(guard()).in(whole).with(r -> r.workers = 1).go().weights();
    int step = events(whole, "rollback").get(0).path("step").asInt();
    assertThatThrownBy(stopped(place, step)::go).isInstanceOf(RunInterruptedException.class);
    assertThat(events(place, "probe")).hasSize(step / 16 - 1);
    assertThatThrownBy(stopped(place, 0)::go).isInstanceOf(RunInterruptedException.class);
    assertThat(events(place, "rollback")).hasSize(1);
    assertThat(run(guard()).in(place).resuming().go().weights()).isEqualTo(weights);
    assertThat(Run.metrics(place)).isEqualTo(Run.metrics(whole));
  }

  @Tag("slow")
  @Test
  void withoutRemediesTheRunEndsWithTheLastGoodWeights(@TempDir Path folder) {
    // Noise alone, which does not help here for long.
    OverfittingGuard noise = new OverfittingGuard(16, 128, 10, 0.5, List.of(Remedy.N_FGSM));
    Run run = run(noise).in(folder);
    TrainResult result = run.go().result();
    JsonNode last = events(folder, "rollback").get(events(folder, "rollback").size() - 1);
    assertThat(result.stoppedEarly()).isTrue();
    assertThat(last.path("remedy").asText()).startsWith("none is left");
    assertThat(result.steps()).isEqualTo(last.path("to").asLong());
  }

  @Test
  void aModelThatGetsWorseAgainstBothIsNotOverfitted() {
    OverfittingGuard guard = guard();
    OverfittingGuard.State state = OverfittingGuard.State.START.probed(16, 0.5);
    assertThat(guard.collapsed(0.1, state.plus(new Tally(60, 100)), 128)).isTrue();
    assertThat(guard.collapsed(0.1, state.plus(new Tally(15, 100)), 128)).isFalse();
    assertThat(guard.collapsed(0.3, state.plus(new Tally(90, 100)), 128)).isFalse();
    // Of ten samples five and one are within chance of each other.
    assertThat(guard.collapsed(0.1, state.plus(new Tally(60, 100)), 10)).isFalse();
    assertThat(guard.good(0.4, state)).isTrue();
    assertThat(guard.good(0.3, state)).isFalse();
    assertThat(guard.isDue(0, state)).isFalse();
    assertThat(guard.isDue(16, state)).isFalse();
    assertThat(guard.isDue(32, state)).isTrue();
  }

  @Test
  void theWatchNeedsHeldOutSamplesAndChangesNothingWhereAllIsWell() {
    assertThatThrownBy(run(guard()).with(r -> r.validation = null)::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.validation");
    Outcome plain = new Run().go();
    Run watched = new Run().settings(s -> s.methods(Methods.NONE.with(guard())));
    assertThat(watched.go()).isEqualTo(plain);
  }

  @Test
  void remediesApplyWhereTheyChangeSomething() {
    Run run = new Run();
    try (Network network = run.network();
        Workers pool = Workers.of(1)) {
      TrainJob job = run.job(network, pool);
      Adversary fgsm = new Adversary(new InnerMaximiser(1, 1, Start.CLEAN), 0);
      OverfittingGuard cheap =
          new OverfittingGuard(16, 128, 10, 0.5, List.of(Remedy.N_FGSM, Remedy.GRAD_ALIGN));
      assertThat(cheap.next(fgsm, job)).isEqualTo(Remedy.N_FGSM);
      Adversary noisy = OverfittingGuard.after(List.of(Remedy.N_FGSM), fgsm);
      assertThat(cheap.next(noisy, job)).isEqualTo(Remedy.GRAD_ALIGN);
      assertThat(guard().next(fgsm, job)).isEqualTo(Remedy.MORE_STEPS);
      Adversary four = OverfittingGuard.after(List.of(Remedy.MORE_STEPS), fgsm);
      assertThat(four.inner()).isEqualTo(new InnerMaximiser(4, 0.25, Start.UNIFORM));
      Adversary most = OverfittingGuard.after(List.of(Remedy.MORE_STEPS), four);
      assertThat(most.inner()).isEqualTo(new InnerMaximiser(16, 0.25, Start.UNIFORM));
      assertThat(guard().next(most, job)).isEqualTo(Remedy.GRAD_ALIGN);
      Adversary aligned = OverfittingGuard.after(List.of(Remedy.GRAD_ALIGN), most);
      assertThat(aligned.gradAlign()).isEqualTo(0.2);
      assertThat(guard().next(aligned, job)).isNull();
    }
  }
}
