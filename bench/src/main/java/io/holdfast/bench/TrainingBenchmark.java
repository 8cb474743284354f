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
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.IterationParams;

/**
 * One epoch of {@code small-cnn} over 1,024 images in eight steps of 128: what an objective's steps
 * cost against plain training, and what a second worker gains. Nothing is validated. {@link
 * #oneWorkerOverTwo} does it with one worker and with two in turn, and prints the median of the
 * ratio of their times at the end of each trial: 1.8 is the goal.
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

  private final Dataset train = FashionMnist.train().first(1024);

  private Objective objective() {
    return switch (objective) {
      case "pgd-at" -> new PgdAt();
      case "trades" -> Trades.beta(6);
      default -> new Standard();
    };
  }

  private @Nullable Pairs pairs;

  /** A new list of pairs for each trial. */
  @Setup
  public void begin() {
    pairs = new Pairs(objective);
  }

  /** Drops the pairs of warming up. */
  @Setup(Level.Iteration)
  public void iteration(IterationParams iteration) {
    Objects.requireNonNull(pairs).enter(iteration.getType());
  }

  /** Prints the ratio. */
  @TearDown
  public void end() {
    Objects.requireNonNull(pairs).summary().ifPresent(System.out::println);
  }

  /** The whole epoch by both cores, the network's initial weights included. */
  @Benchmark
  public int epoch() {
    return epoch(2);
  }

  /** One worker and two in turn; the ratio of their times. */
  @Benchmark
  public double oneWorkerOverTwo() {
    return Objects.requireNonNull(pairs).time(() -> epoch(1), () -> epoch(2));
  }

  private int epoch(int workers) {
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
