package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Graph;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.Precision;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.consistency.Curvature;
import io.holdfast.train.objective.distil.Rslad;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Training holds no more memory after many epochs than after a few. */
final class EpochMemoryTest {
  private static final Dataset TRAIN = FashionMnist.train().first(256);
  private static final int STEPS = 4; // of an epoch
  private static final int EPOCHS = 20;

  private static final OverfittingGuard WATCH =
      new OverfittingGuard(8, 64, 2, 0.5, OverfittingGuard.standard().remedies());

  /** What may come and go; one copy of the weights for each step would be more than twice that. */
  private static final long NOISE = 16L << 20;

  /** What keeps something from step to step, or takes passes of its own, each once. */
  static Stream<Arguments> kinds() {
    Guide teacher = Guide.given("teacher");
    return Stream.of(
        kind("pgd-at", s -> s.objective(new PgdAt()).averaging(0.99)),
        kind("trades", s -> s.objective(Trades.beta(6)).averaging(0.99)),
        kind(
            "perturbed and averaged weights",
            s ->
                s.objective(new PgdAt())
                    .methods(
                        Methods.NONE
                            .with(new WeightPerturbation.Awp(0.01, 0))
                            .with(new Swa(0, 1, null, 2)))),
        kind("warm starts", s -> s.objective(new PgdAt()).methods(Methods.NONE.withWarmStart(1))),
        kind("a watch", s -> s.objective(new PgdAt()).methods(Methods.NONE.with(WATCH))),
        kind(
            "two experts",
            s -> s.objective(new PgdAt()).methods(Methods.NONE.with(Generalist.standard()))),
        kind("memory of samples", s -> s.objective(Cat.SPEC.usual())),
        kind("derivatives of derivatives", s -> s.objective(Curvature.SPEC.usual())),
        kind("bounds", s -> s.objective(CrownIbp.SPEC.usual())),
        kind("a teacher", s -> s.objective(new Rslad(0.5, teacher))),
        kind("shards that meet", s -> s.objective(Mail.SPEC.usual()).synchronised(true)),
        kind(
            "bfloat16",
            s -> s.objective(new PgdAt()).precision(Precision.BFLOAT16).averaging(0.9)));
  }

  private static Arguments kind(String name, Consumer<TrainSettingsBuilder> settings) {
    return Arguments.of(name, settings);
  }

  @Tag("slow")
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void memoryIsFlatOverEpochs(String name, Consumer<TrainSettingsBuilder> settings) {
    List<Long> resident = new ArrayList<>();
    Graph graph =
        name.equals("shards that meet") ? Run.NORMED : Architectures.smallCnn(1, 10).graph();
    try (Bundle teacher = ObjectivesInTheLoopTest.model(graph)) {
      Run run =
          new Run()
              .with(r -> r.graph = graph)
              .with(r -> r.train = TRAIN)
              .with(r -> r.guides = Map.of("teacher", teacher))
              .with(
                  r ->
                      r.progress =
                          Run.afterEachStep(
                              done -> {
                                if (done % STEPS == 0) {
                                  System.gc();
                                  resident.add(Memory.residentBytes());
                                }
                              }))
              .settings(s -> s.epochs(EPOCHS).batch(64).shard(32))
              .settings(settings);
      run.go();
    }
    long early = Collections.max(resident.subList(2, 5));
    long late = Collections.max(resident.subList(EPOCHS - 3, EPOCHS));
    assertThat(resident).hasSizeGreaterThanOrEqualTo(EPOCHS);
    assertThat(late - early).as("growth in bytes over %s", resident).isLessThan(NOISE);
  }
}
