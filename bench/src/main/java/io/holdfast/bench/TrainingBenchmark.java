package io.holdfast.bench;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One epoch of {@code small-cnn} over 1,024 images in eight steps of 128: what an objective's steps
 * cost against plain training, and what a second worker gains. Nothing is validated.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Dorg.bytedeco.javacpp.nopointergc=true"})
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 3)
public class TrainingBenchmark {
  /** What is trained: with seven steps of search for the adversarial ones. */
  @Param({"standard", "pgd-at", "trades"})
  String objective = "standard";

  /** Threads: twice as many should take half the time, and give the same weights. */
  @Param({"1", "2"})
  int workers = 1;

  private final Dataset train = FashionMnist.train().first(1024);

  private Objective objective() {
    return switch (objective) {
      case "pgd-at" -> new PgdAt();
      case "trades" -> Trades.beta(6);
      default -> new Standard();
    };
  }

  /** The whole epoch, the network's initial weights included. */
  @Benchmark
  public int epoch() {
    try (Bundle trained =
        Hardening.of(Architectures.smallCnn(1, 10))
            .against(ThreatModel.linf(0.1).within(0, 1))
            .objective(objective())
            .attack(Pgd.steps(7))
            .epochs(1)
            .batch(128)
            .validation(0)
            .seed(7)
            .workers(workers)
            .fit(train)) {
      return trained.classifier().classes();
    }
  }
}
