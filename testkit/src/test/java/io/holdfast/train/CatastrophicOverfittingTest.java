package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.report.LearningCurves;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.governor.ScriptedGauges;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Catastrophic overfitting: provoked by FGSM with a large step, caught, and survived. Whether it is
 * survived is judged on a convolutional network; what a resumed run does is seen on a small one, at
 * a radius where nothing holds for long.
 */
@ExtendWith(LeakCheck.class)
class CatastrophicOverfittingTest {
  private static final ThreatModel NEAR = ThreatModel.linf(0.18).within(0, 1);
  private static final Dataset TRAIN = FashionMnist.train().first(1024);
  private static final Dataset HELD_OUT = FashionMnist.train().subset(range(2000, 2128));

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

  private static Graph convolutional() {
    GraphBuilder g = Graph.builder("convolutional");
    g.input("input", TensorType.floats(1, 28, 28));
    for (int i = 1; i <= 4; i++) {
      g.add("conv" + i, Conv2d.of(i <= 2 ? 32 : 64, 3).stride(i % 2 == 0 ? 2 : 1));
      g.add("relu" + i, new Relu());
    }
    g.add("flatten", new Flatten());
    g.add("a", Linear.of(256));
    g.add("relu5", new Relu());
    return g.output(g.add("out", Linear.of(10))).build();
  }

  /** FGSM with a step of 0.18 from the clean images; from the third epoch on it is of no use. */
  private static Run convolutional(@Nullable OverfittingGuard guard) {
    return run(guard)
        .with(r -> r.graph = convolutional())
        .with(r -> r.train = FashionMnist.train().first(5000))
        .with(r -> r.validation = FashionMnist.train().subset(range(8000, 8256)))
        .with(r -> r.threat = NEAR)
        .settings(s -> s.radius(Curve.ramp(0.2, 1, 0.3)).epochs(5));
  }

  private static Network convolutionalNetwork() {
    return Network.initialise(convolutional(), Initialisation.HE_FAN_IN, new Seed(7));
  }

  private static OverfittingGuard guard() {
    return new OverfittingGuard(16, 128, 10, 0.5, OverfittingGuard.standard().remedies());
  }

  private static List<JsonNode> events(Path folder, String event) {
    return MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
        .filter(line -> line.path("event").asText().equals(event))
        .toList();
  }

  /** Clean, and under PGD-20 within {@link #NEAR}. */
  private static EvaluationResult judged(Network network) {
    return Evaluation.of(network.classifier())
        .against(NEAR)
        .with(Pgd.steps(20))
        .on(FashionMnist.test().first(400));
  }

  /** Classes of which some sample is predicted right even so. */
  private static Set<Integer> standing(EvaluationResult result) {
    Set<Integer> classes = new HashSet<>();
    for (Attempt row : result.rows()) {
      if (row.kind() == Kind.VERDICT && row.outcome() == io.holdfast.record.Outcome.HELD) {
        classes.add(row.label());
      }
    }
    return classes;
  }

  private static double robust(EvaluationResult result) {
    return Objects.requireNonNull(result.card().robustAccuracy()).value();
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
    try (Network network = convolutionalNetwork()) {
      convolutional(null).go(network);
      lost = robust(judged(network));
    }
    OverfittingGuard watch =
        new OverfittingGuard(32, 256, 10, 0.5, OverfittingGuard.standard().remedies());
    Path with = folder.resolve("with");
    List<String> notes = new ArrayList<>();
    Run guarded = convolutional(watch).in(with);
    guarded.progress = stopping(guarded.stopper, -1, notes);
    try (Network network = convolutionalNetwork()) {
      TrainResult result = guarded.go(network);
      assertThat(result.epochs()).isEqualTo(5);
      assertThat(result.stoppedEarly()).isFalse();
      EvaluationResult judged = judged(network);
      double kept = robust(judged);
      double clean = judged.card().cleanAccuracy().value();
      System.out.printf(
          "PGD-20 at 0.18: %.3f without the watch, %.3f with it (%.3f clean)%n", lost, kept, clean);
      assertThat(lost).isLessThan(0.3);
      assertThat(kept).isGreaterThan(0.38).isGreaterThan(lost + 0.15);
      assertThat(clean).isGreaterThan(0.65);
      assertThat(standing(judged)).as("classes that stand under attack").hasSizeGreaterThan(6);
    }
    List<JsonNode> back = events(with, "rollback");
    assertThat(back).isNotEmpty();
    List<String> remedies = back.stream().map(l -> l.path("remedy").asText()).toList();
    assertThat(List.of("more-steps", "more-steps", "grad-align"))
        .startsWith(remedies.toArray(String[]::new));
    for (JsonNode line : back) {
      assertThat(line.path("to").asLong()).isLessThan(line.path("step").asLong());
      double robust = line.path("robust_accuracy").asDouble();
      double best = line.path("best_accuracy").asDouble(); // 0 before a remedy's first probe
      assertThat(robust).isLessThan(0.5 * line.path("own_accuracy").asDouble());
      assertThat(best == 0 || robust < 0.5 * best).isTrue();
    }
    assertThat(notes).hasSameSizeAs(back);
    assertThat(notes.get(0)).startsWith("catastrophic overfitting at step").contains("more-steps");
    LearningCurves curves = LearningCurves.read(with.resolve(RunLog.FILE));
    assertThat(curves.notes()).hasSameSizeAs(back);
    assertThat(curves.loss()).extracting(LearningCurves.Point::epoch).isSorted();
    List<JsonNode> probes = events(with, "probe");
    assertThat(probes.get(probes.size() - 1).path("robust_accuracy").asDouble()).isGreaterThan(0.4);
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
    assertThat(guard.collapsed(0.1, state.plus(new Tally(60, 100)), 128, true)).isTrue();
    assertThat(guard.collapsed(0.1, state.plus(new Tally(15, 100)), 128, true)).isFalse();
    assertThat(guard.collapsed(0.3, state.plus(new Tally(90, 100)), 128, true)).isFalse();
    // Of ten samples five and one are within chance of each other.
    assertThat(guard.collapsed(0.1, state.plus(new Tally(60, 100)), 10, true)).isFalse();
    // Without adversarial examples since then, as in a beginning on clean samples.
    assertThat(guard.collapsed(0.1, state, 128, true)).isFalse();
    assertThat(guard.good(0.4, state)).isTrue();
    assertThat(guard.good(0.3, state)).isFalse();
    assertThat(guard.isDue(0, state)).isFalse();
    assertThat(guard.isDue(16, state)).isFalse();
    assertThat(guard.isDue(32, state)).isTrue();
  }

  /** Before the first probe, and of a remedy that fails at once: there is nothing to fall from. */
  @Test
  void whereNoProbeStoodItIsJudgedByTrainingsOwnAccuracyAlone() {
    OverfittingGuard guard = guard();
    OverfittingGuard.State none = OverfittingGuard.State.START;
    assertThat(guard.collapsed(0.05, none.plus(new Tally(60, 100)), 128, true)).isTrue();
    assertThat(guard.collapsed(0.35, none.plus(new Tally(60, 100)), 128, true)).isFalse();
    assertThat(guard.collapsed(0.05, none.plus(new Tally(12, 100)), 128, true)).isFalse();
    assertThat(guard.collapsed(0.05, none.plus(new Tally(60, 100)), 4, true)).isFalse();
    assertThat(guard.collapsed(0, none, 128, true)).isFalse();
    // A search that is weaker by design says nothing of it.
    assertThat(guard.collapsed(0.05, none.plus(new Tally(60, 100)), 128, false)).isFalse();
  }

  /** Says that all of its adversarial examples are predicted right. */
  private static final class Boasting implements Objective {
    private final boolean own;

    Boasting(boolean own) {
      this.own = own;
    }

    @Override
    public String toString() {
      return name() + (own ? " in a way of its own" : "");
    }

    @Override
    public String name() {
      return "boasting";
    }

    @Override
    public boolean ownSearch() {
      return own;
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      Tensor logits = shard.logits(shard.inputs()); // [n, K]
      Tensor right = Nn.oneHot(shard.labels(), 10).to(logits.type()); // [n, K]
      return ShardLoss.of(Predictions.crossEntropy(shard, logits).mul(0), null, right);
    }
  }

  /** Learns for a while and then unlearns, and says that all of its examples are right. */
  private record Fading() implements Objective {
    private static final double TURN = 0.4;
    private static final Boasting WORDS = new Boasting(true);

    @Override
    public String name() {
      return "fading";
    }

    @Override
    public boolean ownSearch() {
      return true;
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      Tensor logits = shard.logits(shard.inputs()); // [n, K]
      Tensor loss = Predictions.crossEntropy(shard, logits); // [n]
      Tensor robust = WORDS.loss(shard).robust();
      return ShardLoss.of(shard.progress() < TURN ? loss : loss.mul(-1), null, robust);
    }
  }

  private static Run fading(Path folder) {
    OverfittingGuard guard = new OverfittingGuard(4, 64, 1, 0.5, List.of(Remedy.N_FGSM));
    return new Run()
        .in(folder)
        .settings(
            s ->
                s.objective(new Fading())
                    .epochs(20)
                    .validation(32, 1)
                    .methods(Methods.NONE.with(guard)));
  }

  /** Validated where it ends, once, also where a governor had given validation up. */
  @Timeout(60)
  @Test
  void aRunThatTheWatchHasEndedGoesOnInNoWay(@TempDir Path folder) throws IOException {
    Path journal =
        Files.writeString(
            folder.resolve("journal.jsonl"),
            "{\"phase\":\"training\",\"step\":1,\"what\":\"validation\",\"from\":1,\"to\":0,"
                + "\"why\":\"a test\",\"measured\":{}}\n");
    Budgets replay = Budgets.NONE.withReplay(journal);
    for (Budgets budgets : Arrays.asList(null, replay)) {
      Path place = folder.resolve(budgets == null ? "plain" : "governed");
      Run run = fading(place);
      run.governor =
          budgets == null
              ? null
              : Governor.of(budgets, new ScriptedGauges(), run.workers, run.progress, run.stopper);
      TrainResult result = run.go().result();
      JsonNode last = events(place, "rollback").get(events(place, "rollback").size() - 1);
      assertThat(last.path("remedy").asText()).startsWith("none is left");
      assertThat(last.path("to").asLong()).isPositive();
      assertThat(result.stoppedEarly()).isTrue();
      assertThat(result.steps()).isEqualTo(last.path("to").asLong());
      assertThat(Objects.requireNonNull(result.kept()).epoch()).isEqualTo(result.epochs());
      List<JsonNode> lines = MetricsLog.read(place.resolve(RunLog.FILE));
      assertThat(lines.get(lines.size() - 1).path("event").asText()).isEqualTo("epoch");
      assertThat(lines.get(lines.size() - 2).path("event").asText()).isEqualTo("rollback");
    }
  }

  private static Run boasting(boolean own, Path folder, Remedy remedy) {
    return new Run()
        .in(folder)
        .settings(
            s ->
                s.objective(new Boasting(own))
                    .validation(0, 1)
                    .methods(
                        Methods.NONE.with(new OverfittingGuard(2, 64, 2, 0.5, List.of(remedy)))));
  }

  @Test
  void theFirstProbeMayFindIt(@TempDir Path folder) {
    boasting(false, folder, Remedy.MORE_STEPS).go();
    JsonNode first = events(folder, "rollback").get(0);
    assertThat(first.path("step").asInt()).isEqualTo(2);
    assertThat(first.path("to").asInt()).isZero();
    assertThat(first.path("own_accuracy").asDouble()).isEqualTo(1);
    assertThat(events(folder, "rollback")).as("16 steps end the remedies").hasSize(2);
    assertThat(LearningCurves.read(folder.resolve(RunLog.FILE)).notes().get(0))
        .contains("under its own attack 100");
  }

  /** Rather than end with the weights that it began with. */
  @Test
  void withoutARemedyAndWithNothingGoodToGoBackToTheRunGoesOn(@TempDir Path folder) {
    TrainResult result = boasting(false, folder, Remedy.N_FGSM).go().result(); // of two steps: none
    assertThat(events(folder, "rollback")).isEmpty();
    assertThat(result.stoppedEarly()).isFalse();
    assertThat(result.steps()).isEqualTo(6);
  }

  @Test
  void aSearchOfTheObjectivesOwnIsNotComparedWithAProbe(@TempDir Path folder) {
    boasting(true, folder, Remedy.MORE_STEPS).go();
    assertThat(events(folder, "probe")).hasSize(3);
    assertThat(events(folder, "rollback")).isEmpty();
  }

  @Test
  void theWatchNeedsHeldOutSamplesAndChangesNothingWhereAllIsWell(@TempDir Path folder) {
    assertThatThrownBy(run(guard()).with(r -> r.validation = null)::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.validation");
    assertThatThrownBy(run(guard()).settings(s -> s.objective(new Standard()))::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.catastrophic_overfitting");
    Outcome plain = new Run().go();
    OverfittingGuard often =
        new OverfittingGuard(2, 64, 2, 0.5, OverfittingGuard.standard().remedies());
    Run watched = new Run().in(folder).settings(s -> s.methods(Methods.NONE.with(often)));
    assertThat(watched.go()).isEqualTo(plain);
    assertThat(events(folder, "probe")).hasSize(3);
  }

  /** With all that goes back with the weights; resumed before and after the rollback. */
  @Test
  void whatGoesBackIsResumed(@TempDir Path folder) {
    Path whole = folder.resolve("whole");
    Outcome outcome = measured(whole).go();
    List<JsonNode> back = events(whole, "rollback");
    assertThat(back).isNotEmpty();
    int first = back.get(0).path("step").asInt();
    for (int stop : new int[] {first - 1, first + 1, first + 5}) { // steps that were taken
      Path place = folder.resolve("stop" + stop);
      Run stopped = measured(place).stoppingAfter(stop);
      assertThatThrownBy(stopped::go).isInstanceOf(RunInterruptedException.class);
      assertThat(measured(place).resuming().go()).isEqualTo(outcome);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(whole));
    }
  }

  private static Run measured(Path place) {
    OverfittingGuard guard = new OverfittingGuard(4, 64, 1, 0.5, List.of(Remedy.MORE_STEPS));
    return fading(place)
        .settings(
            s -> s.methods(Methods.NONE.with(guard).with(Selection.measured(3, 1))).averaging(0.8));
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
      Adversary noisy = OverfittingGuard.after(List.of(Remedy.N_FGSM), fgsm, job.threat());
      assertThat(cheap.next(noisy, job)).isEqualTo(Remedy.GRAD_ALIGN);
      assertThat(guard().next(fgsm, job)).isEqualTo(Remedy.MORE_STEPS);
      Adversary four = OverfittingGuard.after(List.of(Remedy.MORE_STEPS), fgsm, job.threat());
      assertThat(four.inner()).isEqualTo(new InnerMaximiser(4, 0.4375, Start.UNIFORM));
      Adversary most = OverfittingGuard.after(List.of(Remedy.MORE_STEPS), four, job.threat());
      assertThat(most.inner()).isEqualTo(new InnerMaximiser(16, 0.15625, Start.UNIFORM));
      assertThat(guard().next(most, job)).isEqualTo(Remedy.GRAD_ALIGN);
      Adversary later = new Adversary(new InnerMaximiser(20, 0.125, Start.CLEAN), 0);
      assertThat(OverfittingGuard.after(List.of(Remedy.MORE_STEPS), later, job.threat()))
          .isEqualTo(later);
      assertThat(OverfittingGuard.after(List.of(Remedy.N_FGSM), later, job.threat()))
          .isEqualTo(later);
      Adversary aligned = OverfittingGuard.after(List.of(Remedy.GRAD_ALIGN), most, job.threat());
      assertThat(aligned.gradAlign()).isEqualTo(2); // the most that its authors tried
      assertThat(guard().next(aligned, job)).isNull();
      assertThat(aligned(ThreatModel.linf(8 / 255.0))).isCloseTo(0.2, within(1e-9));
      assertThat(aligned(ThreatModel.linf(12 / 255.0))).isCloseTo(0.632, within(1e-3));
      assertThat(aligned(ThreatModel.linf(1e-4))).isEqualTo(0.027);
      assertThat(aligned(ThreatModel.l2(1))).isEqualTo(0.2);
      assertThat(aligned(ThreatModel.linf(8).within(0, 255))).isCloseTo(0.2, within(1e-9));
    }
  }

  private static double aligned(ThreatModel threat) {
    Adversary once = new Adversary(new InnerMaximiser(1, 1, Start.CLEAN), 0);
    return OverfittingGuard.after(List.of(Remedy.GRAD_ALIGN), once, threat).gradAlign();
  }
}
