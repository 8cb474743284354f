package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.data.image.AugMix;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.Cutout;
import io.holdfast.data.image.Flip;
import io.holdfast.data.image.PadCrop;
import io.holdfast.data.image.Placement;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Cat;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Curricula by accuracy, and searches that go on from the last epoch. */
@ExtendWith(LeakCheck.class)
class CourseTest {
  private static final List<Placement> STILL = Collections.nCopies(3, Placement.SAME);

  private static Run curriculum(double reach, int longest) {
    return new Run()
        .settings(
            s ->
                s.epochs(5)
                    .radius(Curve.ramp(0, 1, 1))
                    .methods(Methods.NONE.with(new Advance(reach, 3, longest))));
  }

  /** Radii of the steps, three an epoch, as shares of epsilon. */
  private static List<Double> radii(Path folder) {
    return MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
        .filter(line -> line.path("event").asText().equals("step"))
        .map(line -> Math.round(line.path("epsilon").asDouble() * 100) / 10.0)
        .toList();
  }

  @Test
  void aCurriculumGoesOnWhenItsMarkIsReached(@TempDir Path folder) {
    // Every accuracy reaches a millionth, and none 1 but a perfect one.
    curriculum(1e-6, 0).in(folder.resolve("easy")).go();
    assertThat(radii(folder.resolve("easy")))
        .containsExactly(0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0);
    curriculum(1, 0).in(folder.resolve("never")).go();
    assertThat(radii(folder.resolve("never"))).hasSize(15).containsOnly(0.0);
    curriculum(1, 2).in(folder.resolve("time")).go();
    assertThat(radii(folder.resolve("time")))
        .containsExactly(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0);
  }

  @Test
  void theMarkIsOfThePresentStrength() {
    Advance advance = new Advance(0.5, 3, 0);
    assertThat(advance.next(new Advance.State(1, 4), 0.49, 9, 20))
        .isEqualTo(new Advance.State(1, 5));
    assertThat(advance.next(new Advance.State(1, 4), 0.5, 9, 20))
        .isEqualTo(new Advance.State(2, 0));
    assertThat(advance.next(new Advance.State(2, 0), 1, 9, 20)).isEqualTo(new Advance.State(2, 1));
    assertThat(advance.progress(new Advance.State(1, 0))).isCloseTo(0.5, within(1e-12));
  }

  private static void resumed(java.util.function.Supplier<Run> kind, Path folder) {
    Outcome whole = kind.get().in(folder.resolve("whole")).with(r -> r.workers = 1).go();
    assertThat(kind.get().with(r -> r.workers = 3).go()).isEqualTo(whole);
    for (int stop : new int[] {2, 5, 9}) {
      Path place = folder.resolve("stop" + stop);
      Run first = kind.get().in(place).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(kind.get().in(place).resuming().go()).as("stopped after " + stop).isEqualTo(whole);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
    }
  }

  @Test
  void interruptionsDoNotMoveACurriculum(@TempDir Path folder) {
    resumed(() -> curriculum(0.1, 2), folder);
  }

  @Test
  void aMarkNeedsValidation() {
    assertThatThrownBy(curriculum(0.5, 0).with(r -> r.validation = null)::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.curriculum.advance");
  }

  @Test
  void aMarkNeedsACurriculumThatGoesByIt() {
    Run constant =
        curriculum(0.5, 0)
            .settings(
                s ->
                    s.radius(Curve.constant(1))
                        .steps(Curve.constant(2))
                        .cleanShare(Curve.constant(0)));
    assertThatThrownBy(constant::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "train.curriculum.advance: expected a curriculum of epsilon or steps");
  }

  private static Run warm(int mebibytes) {
    return new Run().settings(s -> s.epochs(4).methods(Methods.NONE.withWarmStart(mebibytes)));
  }

  @Test
  void warmStartsSurviveInterruptions(@TempDir Path folder) {
    resumed(() -> warm(1), folder);
    assertThat(warm(1).go()).isNotEqualTo(warm(0).go());
  }

  @Test
  void theFirstEpochHasNothingToGoOnFrom() {
    Run one = warm(1).settings(s -> s.epochs(1));
    assertThat(one.go()).isEqualTo(warm(0).settings(s -> s.epochs(1)).go());
  }

  @Test
  void warmStartsKeepAByteForEachValueWithinTheirMemory() {
    Run run = warm(1);
    try (Scope scope = Scope.open();
        Network network = run.network();
        Workers pool = Workers.of(1);
        WarmStarts store = new WarmStarts(run.job(network, pool))) {
      assertThat(store.room()).isEqualTo(96); // of 788 bytes each
      Tensor clean = Rng.of(new Seed(1)).uniform(0.2, 0.8, 3, 1, 28, 28);
      Tensor change = Rng.of(new Seed(2)).uniform(-0.1, 0.1, 3, 1, 28, 28);
      int[] samples = {5, 90, 17};
      Tensor start = clean.clone();
      store.into(samples, STILL, start, clean);
      assertThat(start.sameAs(clean)).isTrue();
      store.keep(store.left(samples, STILL, change));
      store.into(samples, STILL, start, clean);
      assertThat(start.sub(clean).sub(change).abs().max().item()).isLessThan(0.1 / 127);
      Tensor other = clean.clone();
      store.into(new int[] {6, 91, 18}, STILL, other, clean);
      assertThat(other.sameAs(clean)).isTrue();
    }
    assertThat(new Run().with(r -> r.train = Run.TRAIN.first(4)).settings(s -> s.epochs(1)).go())
        .isNotNull();
  }

  /** Kept at 2 columns to the right and mirrored, a change comes back where its pixel then is. */
  @Test
  void warmStartsFollowThePixels() {
    Run run = warm(1);
    try (Scope scope = Scope.open();
        Network network = run.network();
        Workers pool = Workers.of(1);
        WarmStarts store = new WarmStarts(run.job(network, pool))) {
      Tensor clean = Tensors.full(0.5, 1, 1, 28, 28);
      float[] change = new float[28 * 28];
      change[3 * 28 + 4] = 0.1f; // of the source's pixel in row 3 + 1 and column 27 - 4 + 2 = 25
      int[] sample = {5};
      Tensor moved = Tensors.of(change, 1, 1, 28, 28);
      store.keep(store.left(sample, List.of(new Placement(true, 2, 1)), moved));
      Tensor noise = Tensors.full(0.45, 1, 1, 28, 28);
      store.into(sample, List.of(new Placement(false, -1, 2)), noise, clean);
      float[] start = noise.toFloats();
      assertThat(start[2 * 28 + 26]).isCloseTo(0.6f, within(1e-3f)); // row 4 - 2, column 25 + 1
      assertThat(start[27]).isEqualTo(0.5f); // row 2 and column 26 of the source: no change
      assertThat(start[0]).isEqualTo(0.45f); // left of the source: the random start stays
      assertThat(start[27 * 28 + 27]).isEqualTo(0.45f); // and below it
      assertThat(start[14 * 28 + 1]).isEqualTo(0.45f); // column 0, which was not in sight before
      assertThat(start[14 * 28 + 3]).isEqualTo(0.5f); // column 2, which was
    }
  }

  @Test
  void warmStartsOfMovedImagesSurviveInterruptions(@TempDir Path folder) {
    Augmentation moves = Augmentation.of(new PadCrop(4), new Flip(0.5), new Cutout(8, 0.5));
    resumed(() -> warm(1).with(r -> r.augmentation = moves), folder);
    Run cold = warm(0).with(r -> r.augmentation = moves);
    assertThat(warm(1).with(r -> r.augmentation = moves).go()).isNotEqualTo(cold.go());
  }

  @Test
  void whatWarmStartsCannotDoIsRefused() {
    Augmentation mixed = Augmentation.of(new Flip(0.5), new AugMix(3, 3, 1, 3));
    assertThatThrownBy(warm(1).with(r -> r.augmentation = mixed)::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.warm_start")
        .hasMessageContaining("augment");
    Hybrid two =
        new Hybrid(List.of(new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(1, Trades.beta(6))));
    assertThatThrownBy(warm(1).settings(s -> s.objective(two))::go)
        .hasMessageContaining("train.warm_start")
        .hasMessageContaining("one search");
    for (Objective other : List.of(new Standard(), Cat.SPEC.usual())) {
      assertThatThrownBy(warm(1).settings(s -> s.objective(other))::go)
          .hasMessageContaining("train.warm_start")
          .hasMessageContaining("the one search of train.attack");
    }
    ThreatModel union = ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1));
    assertThatThrownBy(warm(1).with(r -> r.threat = union)::go)
        .hasMessageContaining("train.warm_start");
  }

  @Test
  void layersThatAmplifyAreFound() {
    Run run = new Run();
    try (Network network = run.network();
        Workers pool = Workers.of(2)) {
      List<LayerSensitivity.Row> rows = sensitivity(network, pool);
      assertThat(rows)
          .extracting(LayerSensitivity.Row::layer)
          .containsExactly("pool", "conv", "relu", "flatten", "out");
      // Averaging passes over what an attacker adds in all directions, flattening changes nothing.
      LayerSensitivity.Row flatten = rows.get(3);
      assertThat(flatten.amplification()).isCloseTo(1, within(1e-9));
      assertThat(rows).allMatch(row -> row.change() > 0);
      assertThat(LayerSensitivity.others(rows, 1)).hasSize(1);
      assertThat(LayerSensitivity.others(rows, 2)).isEmpty();
      try (Workers one = Workers.of(1)) {
        assertThat(sensitivity(network, one)).isEqualTo(rows);
      }
    }
  }

  private static List<LayerSensitivity.Row> sensitivity(Network network, Workers pool) {
    return LayerSensitivity.of(
        network,
        Run.TRAIN,
        Run.THREAT,
        new io.holdfast.attack.InnerMaximiser(
            3, 0.4, io.holdfast.attack.InnerMaximiser.Start.UNIFORM),
        new Seed(3),
        pool);
  }

  @Test
  void chosenLayersAreTrainedAlone() {
    Run run = new Run();
    try (Network network = run.network();
        Workers pool = Workers.of(2)) {
      new LayerChoice(1, 64, 0)
          .choose(network, Run.TRAIN, Run.THREAT, new Seed(3), pool, run.progress);
      assertThat(network.frozen()).hasSize(1);
      assertThat(network.trainable()).hasSize(2);
    }
  }

  /** An objective without a clean pass has one shard's accuracy counted now and then. */
  @Test
  void accuracyOnCleanInputsIsCountedAtEachEighthStep(@TempDir Path folder) {
    new Run().settings(s -> s.batch(8).shard(4)).in(folder).go(); // two epochs of 12 steps
    List<JsonNode> steps =
        MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
            .filter(line -> line.path("event").asText().equals("step"))
            .toList();
    assertThat(steps).hasSize(24);
    assertThat(steps)
        .filteredOn(line -> line.has("clean_accuracy"))
        .extracting(line -> line.path("step").asInt())
        .containsExactly(1, 9, 13, 21);
    assertThat(steps).allMatch(line -> line.has("robust_accuracy"));
    assertThat(steps.get(0).path("clean_accuracy").asDouble()).isIn(0.0, 0.25, 0.5, 0.75, 1.0);
  }

  @Test
  void metricsTellOfNothingNew(@TempDir Path folder) {
    new Run().in(folder).go();
    assertThat(MetricsLog.read(folder.resolve(RunLog.FILE)))
        .extracting((JsonNode line) -> line.path("event").asText())
        .containsOnly("step", "epoch");
  }
}
