package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.Logits;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainJob;
import io.holdfast.train.Trainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** A few steps of training and of attack on training samples, timed. */
final class Probe {
  private static final int STEPS = 6;
  private static final double ENOUGH_SECONDS = 10;

  private final Experiment experiment;
  private final ExperimentData data;
  private final int workers;
  private final Stopper stopper;
  private long memory;

  Probe(Experiment experiment, ExperimentData data, int workers, Stopper stopper) {
    this.experiment = experiment;
    this.data = data;
    this.workers = workers;
    this.stopper = stopper;
  }

  private Workers pool() {
    return workers == 0 ? Workers.auto() : Workers.of(workers);
  }

  /** The most memory seen so far. */
  long memoryBytes() {
    return memory;
  }

  private void look() {
    memory = Math.max(memory, Memory.residentBytes());
  }

  /** Time of all training steps, validation left out. */
  double trainingSeconds() {
    int batch = experiment.training().batch();
    long steps = (long) Math.max(1, data.train().size() / batch) * experiment.training().epochs();
    Dataset few = data.train().first(Math.max(batch, Math.min(data.train().size(), batch * STEPS)));
    Clock clock = new Clock();
    Stopper enough = Stopper.manual();
    clock.stopper = enough;
    try (Network network = data.architecture().initialise(experiment.seed());
        Workers pool = pool()) {
      Trainer.train(
          new TrainJob(
              network,
              few,
              null,
              experiment.threat(),
              experiment.inner().maximiser(experiment.threat()),
              experiment.training().toBuilder().epochs(STEPS).build(),
              experiment.augmentation(),
              experiment.seed(),
              pool,
              null,
              false,
              clock,
              enough));
    } catch (RunInterruptedException e) {
      stopper.check(); // otherwise the probe itself has seen enough
    }
    return clock.median() * steps;
  }

  /** Time of all attacks if no sample fell: at a radius of zero none does. */
  double evaluationSeconds() {
    int examples = Math.min(experiment.evaluation().examples(), data.test().size());
    ThreatModel harmless = experiment.threat().withEpsilon(0);
    try (Network network = data.architecture().initialise(experiment.seed());
        Workers pool = pool();
        Scope scope = Scope.open()) {
      NetworkClassifier model = network.classifier();
      int n = Math.min(data.train().size(), AttackDriver.SHARD * pool.count());
      Sample many = new Sample(model, data.train(), n);
      AttackDriver driver =
          new AttackDriver(model, harmless, pool)
              .withPrecision(experiment.training().precision())
              .withStopper(stopper);
      many.run(driver, Pgd.steps(2));
      long begin = System.nanoTime();
      long gradients = gradients(many.run(driver, Pgd.steps(4)));
      double each = (System.nanoTime() - begin) / 1e9 / gradients;
      look();
      Sample one = new Sample(model, data.train(), 1);
      double total = 0;
      for (NamedAttack attack : experiment.evaluation().attacks()) {
        total += each * examples * Math.max(1, gradients(one.run(driver, attack.attack())));
      }
      return total;
    }
  }

  private static long gradients(AttackResult result) {
    return result.samples().stream().mapToLong(s -> s.gradients()).sum();
  }

  /** Training samples under the labels that the model gives them, so that none is wrong. */
  private static final class Sample {
    private final Tensor x;
    private final int[] labels;
    private final long[] ids;

    /** The first {@code n} samples, as tensors of the innermost open scope. */
    Sample(NetworkClassifier model, Dataset data, int n) {
      int[] first = IntStream.range(0, n).toArray();
      x = Tensors.of(data.read(first), Shape.of(data.info().shapeArray()).batched(n)); // [N, ...]
      float[][] logits = Logits.rows(model.logits(x)); // [N, K]
      labels = Arrays.stream(logits).mapToInt(Logits::best).toArray();
      ids = IntStream.of(first).mapToLong(data::id).toArray();
    }

    AttackResult run(AttackDriver driver, Attack attack) {
      return driver.run(attack, x, labels, ids, new Seed(0));
    }
  }

  /** Notes when each step ended. */
  private final class Clock implements Progress, Progress.Task {
    private final List<Double> times = new ArrayList<>();
    private final long begin = System.nanoTime();
    private long last = begin;
    private Stopper stopper = Stopper.manual();

    @Override
    public Task start(String title, long total, String unit) {
      return this;
    }

    @Override
    public void note(String line) {}

    @Override
    public void advance(long n) {
      long now = System.nanoTime();
      times.add((now - last) / 1e9);
      last = now;
      look();
      boolean enough = (now - begin) / 1e9 > ENOUGH_SECONDS || times.size() >= STEPS;
      if (enough || Probe.this.stopper.isRequested()) {
        stopper.request();
      }
    }

    @Override
    public void skip(long n) {}

    @Override
    public void stat(String name, double value) {}

    @Override
    public void close() {}

    double median() {
      Collections.sort(times);
      return times.get(times.size() / 2);
    }
  }
}
