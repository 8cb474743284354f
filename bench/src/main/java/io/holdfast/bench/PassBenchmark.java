package io.holdfast.bench;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.concurrent.TimeUnit;
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

/**
 * One forward and backward pass of {@code small-cnn} on one thread: the tape against the compiled
 * plan, in both number formats. The launcher's {@code malloc} settings belong in the environment.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Dorg.bytedeco.javacpp.nopointergc=true"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
public class PassBenchmark {
  /** Where gradients come from. */
  @Param({"tape", "plan"})
  String source = "plan";

  /** A {@link Precision}. */
  @Param({"FLOAT32", "BFLOAT16"})
  Precision precision = Precision.FLOAT32;

  /** Samples in a pass. */
  @Param({"32", "64"})
  int shard = 32;

  private final Network network = Architectures.smallCnn(1, 10).initialise(new Seed(1));
  private final SharedScope owner = Scope.shared();
  private final Tensor images = images();
  private final Tensor labels = labels();
  private InputGradients gradients = gradients();

  private Tensor images() {
    try (Scope scope = Scope.open()) {
      return owner.adopt(Rng.of(new Seed(2)).uniform(0, 1, 128, 1, 28, 28));
    }
  }

  private Tensor labels() {
    long[] all = new long[128];
    for (int i = 0; i < all.length; i++) {
      all[i] = i % 10;
    }
    try (Scope scope = Scope.open()) {
      return owner.adopt(Tensors.of(all, all.length));
    }
  }

  private InputGradients gradients() {
    Classifier model = network.classifier();
    return source.equals("tape") ? new TapeGradients(model, precision) : model.gradients(precision);
  }

  /** Compiles the plan for the parameters, which are set after construction. */
  @Setup(Level.Trial)
  public void prepare() {
    gradients.close();
    gradients = gradients();
  }

  /** Logits and input gradients of cross-entropy. */
  @Benchmark
  public int pass() {
    try (Scope scope = Scope.open()) {
      Reference reference = Reference.labels(labels.slice(0, 0, shard));
      InputGradients.Pass pass =
          gradients.pass(images.slice(0, 0, shard), z -> Losses.CE.cotangent(z, reference));
      return pass.gradient().rank();
    }
  }

  /** Frees the native memory. */
  @TearDown(Level.Trial)
  public void close() {
    gradients.close();
    network.close();
    owner.close();
  }
}
