package io.holdfast.bench;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What an attack's step costs beside the network, for 64 images of 3x32x32 on one thread. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Dorg.bytedeco.javacpp.nopointergc=true"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ProjectionBenchmark {
  /** A threat model in its short form. */
  @Param({"linf:8/255", "l2:0.5", "l1:12"})
  String threat = "linf:8/255";

  private final SharedScope owner = Scope.shared();
  private final Tensor images = random(1, 0, 1);
  private final Tensor gradient = random(2, -1, 1);

  private Tensor random(long seed, double low, double high) {
    try (Scope scope = Scope.open()) {
      return owner.adopt(Rng.of(new Seed(seed)).uniform(low, high, 64, 3, 32, 32));
    }
  }

  private Region region() {
    ThreatModel model = ThreatModel.parse(threat);
    return model.set().around(images, model.domain());
  }

  /** To the nearest point of ball and box, from one that is outside of both. */
  @Benchmark
  public int project() {
    try (Scope scope = Scope.open()) {
      Tensor variables = images.add(gradient);
      region().project(variables);
      return variables.rank();
    }
  }

  /** The steepest step of a quarter of epsilon, and the projection behind it. */
  @Benchmark
  public int step() {
    try (Scope scope = Scope.open()) {
      Tensor variables = images.clone();
      region().step(variables, gradient, 0.25);
      return variables.rank();
    }
  }

  /** The same step as training makes it. */
  @Benchmark
  public int trainingStep() {
    try (Scope scope = Scope.open()) {
      Tensor variables = images.clone();
      region().trainingStep(variables, gradient, 0.25);
      return variables.rank();
    }
  }

  /** Frees the native memory. */
  @TearDown
  public void close() {
    owner.close();
  }
}
