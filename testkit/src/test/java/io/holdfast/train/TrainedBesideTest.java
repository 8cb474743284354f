package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.distil.Lbgat;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A natural model that is trained with the robust one, which it guides. */
@ExtendWith(LeakCheck.class)
class TrainedBesideTest {
  private static final Guide NATURAL = Guide.beside("natural");
  private static final Lbgat LBGAT = new Lbgat(1, 6, NATURAL);

  private static Run run(Objective objective) {
    return new Run().settings(s -> s.objective(objective));
  }

  private static Run normed(Objective objective) {
    return run(objective).with(r -> r.graph = Run.NORMED);
  }

  /** The weights of the natural model at the end of a run. */
  private static Map<String, float[]> natural(Path folder) {
    String prefix = "expert/weights/";
    Map<String, float[]> all = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      Safetensors.read(folder.resolve("checkpoint.safetensors"))
          .tensors()
          .forEach(
              (name, t) -> {
                if (name.startsWith(prefix)) {
                  all.put(name.substring(prefix.length()), t.toFloats());
                }
              });
    }
    assertThat(all).containsKeys("conv.weight", "out.weight");
    return all;
  }

  /** Without guidance it learns clean inputs as `standard` does, bit for bit. */
  @Test
  void withoutGuidanceBothAreTrainedByThemselves(@TempDir Path folder) {
    Outcome beside = run(new Lbgat(0, 6, NATURAL)).in(folder).go();
    Run standard = run(new Standard());
    try (Scope scope = Scope.open();
        Network plain = standard.network();
        Bundle guide = ObjectivesInTheLoopTest.model(Run.PLAIN)) {
      Run fixed = run(new Lbgat(0, 6, Guide.given("natural")));
      fixed.guides = Map.of("natural", guide);
      assertThat(beside.weights()).isEqualTo(fixed.go().weights());
      standard.go(plain);
      Map<String, float[]> found = natural(folder);
      for (Parameter p : plain.trainable()) {
        assertThat(found.get(p.name())).as(p.name()).isEqualTo(plain.weight(p.name()).toFloats());
      }
    }
  }

  /** The square pulls on both. */
  @Test
  void guidanceChangesBoth(@TempDir Path folder) {
    Path alone = folder.resolve("alone");
    Path guided = folder.resolve("guided");
    Outcome first = normed(new Lbgat(0, 6, NATURAL)).in(alone).go();
    assertThat(normed(LBGAT).in(guided).go().weights()).isNotEqualTo(first.weights());
    Map<String, float[]> before = natural(alone);
    natural(guided)
        .forEach((name, values) -> assertThat(values).as(name).isNotEqualTo(before.get(name)));
  }

  @Test
  void workersAndInterruptionsChangeNothing(@TempDir Path folder) {
    Path place = folder.resolve("whole");
    Outcome whole = normed(LBGAT).in(place).with(r -> r.workers = 1).go();
    assertThat(normed(LBGAT).with(r -> r.workers = 3).go()).isEqualTo(whole);
    for (int stop : new int[] {1, 4}) {
      Path other = folder.resolve("stop" + stop);
      Run first = normed(LBGAT).in(other).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(normed(LBGAT).in(other).resuming().go()).isEqualTo(whole);
      Map<String, float[]> expected = natural(place);
      natural(other)
          .forEach(
              (name, values) ->
                  assertThat(values)
                      .as(name)
                      .isEqualTo(Objects.requireNonNull(expected.get(name))));
    }
  }

  /** Where weights are perturbed the natural model learns by the first of the two passes. */
  @Test
  void perturbedWeightsAreTheRobustModelsAlone(@TempDir Path folder) {
    WeightPerturbation none = new WeightPerturbation.Awp(0, 0);
    WeightPerturbation some = new WeightPerturbation.Awp(0.01, 0);
    Lbgat alone = new Lbgat(0, 6, NATURAL);
    for (WeightPerturbation p : new WeightPerturbation[] {none, some}) {
      run(alone)
          .settings(s -> s.methods(Methods.NONE.with(p)))
          .in(folder.resolve("" + (p == some)))
          .go();
    }
    Map<String, float[]> plain = natural(folder.resolve("false"));
    natural(folder.resolve("true"))
        .forEach((name, values) -> assertThat(values).as(name).isEqualTo(plain.get(name)));
  }

  @Test
  void twoNetworksBesideAreRefused() {
    Run both =
        run(LBGAT).settings(s -> s.methods(Methods.NONE.with(new Generalist(0.5, 0, 0, 9, 0.8))));
    assertThatThrownBy(both::go)
        .hasMessageContaining(
            "train.generalist: expected an objective that trains no network beside");
    Run few = run(LBGAT).settings(s -> s.methods(Methods.NONE.with(new LowRank(2, 2))));
    assertThatThrownBy(few::go)
        .hasMessageContaining("train.lora: expected an objective that trains no network beside");
  }

  /** Its cross-entropy is one with labels. */
  @Test
  void labelsMayBeSmoothed() {
    Outcome smooth = run(LBGAT).settings(s -> s.labelSmoothing(0.1)).go();
    assertThat(smooth).isNotEqualTo(run(LBGAT).go());
  }
}
