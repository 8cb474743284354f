package io.holdfast.evaluate;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Deadline;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TransferClassifier;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.CommonCorruptions;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Measures a forward pass and an attack step on the model, and counts the passes of each attack
 * against a model that never falls.
 */
final class Estimator {
  private static final int REPETITIONS = 3;

  /** Of an evaluation's budget, to count the passes of an attack; one that needs more fills it. */
  private static final int COUNTED_SHARE = 10;

  private static final Pgd PROBE = Pgd.steps(4).track(Pgd.Track.LAST);

  /** Bytes of a row with its index entry and of what is kept of it. */
  private static final long ROW = 400;

  /** Copies of a chunk: values, tensor, adversarial tensor and values, variables. */
  private static final long COPIES = 5;

  private final Evaluation settings;
  private final Dataset data;
  private final AttackDriver driver;
  private final Seconds seconds;

  /** Wall time per sample with all workers busy. */
  private record Seconds(double check, double forward, double both) {}

  Estimator(Evaluation settings, Dataset data, AttackDriver driver) {
    this.settings = settings;
    this.data = data;
    this.driver = driver.withDeadline(Deadline.none());
    this.seconds = measure();
  }

  Estimate estimate() {
    Map<String, Double> phases = new LinkedHashMap<>();
    phases.put("clean", data.size() * seconds.check());
    for (NamedAttack attack : settings.attacks) {
      phases.put(attack.key(), data.size() * perSample(attack));
    }
    RobustnessCurve curve = settings.curve;
    if (curve != null) {
      int samples = Math.min(curve.samples(), data.size());
      phases.put("curve", samples * curve.factors().size() * perSample(curve.attack()));
    }
    CorruptionBenchmark benchmark = settings.corruptions;
    if (benchmark != null) {
      int samples = Math.min(benchmark.samples(), data.size());
      phases.put("corruptions", samples * corruptions(benchmark));
    }
    double all = phases.values().stream().mapToDouble(s -> s).sum();
    return new Estimate(all, bytes(phases.size()), phases);
  }

  private long bytes(int phases) {
    long held = Memory.residentBytes();
    long chunk = (long) Math.min(settings.chunk, data.size()) * data.info().sampleSize();
    return held < 0 ? held : held + COPIES * Float.BYTES * chunk + ROW * phases * data.size();
  }

  /** Seconds that one sample takes which never falls; the whole budget where they are too many. */
  private double perSample(NamedAttack named) {
    try (Scope scope = Scope.open()) {
      int label = driver.threat().goal().equals(Goal.target(0)) ? 1 : 0;
      long[] shape = settings.classifier.inputShape();
      Domain domain = driver.threat().domain();
      Tensor x = Tensors.full((domain.low() + domain.high()) / 2, shape).unsqueeze(0); // [1, ...]
      ThreatModel knowing = driver.threat().knowing(Knowledge.WHITE_BOX); // as of a surrogate
      AttackDriver counter =
          new AttackDriver(neverFalls(label), knowing, driver.workers()).withDeadline(counting());
      AttackResult.Sample spent =
          counter
              .run(named.attack(), x, new int[] {label}, new long[] {0}, settings.seed)
              .samples()
              .get(0);
      double counted =
          spent.checks() * seconds.check()
              + Math.max(0, spent.queries() - spent.gradients()) * seconds.forward()
              + spent.gradients() * seconds.both();
      return spent.finished() ? counted : Math.max(counted, budgetSeconds() / data.size());
    }
  }

  private Deadline counting() {
    Duration budget = settings.budget;
    return budget == null ? Deadline.none() : Deadline.in(budget.dividedBy(COUNTED_SHARE));
  }

  private double budgetSeconds() {
    Duration budget = settings.budget;
    return budget == null ? 0 : budget.toMillis() / 1e3;
  }

  /** Seconds that all corruptions of one sample take: made, then judged. */
  private double corruptions(CorruptionBenchmark benchmark) {
    long[] shape = settings.classifier.inputShape();
    List<Corruption> types = benchmark.typesFor((int) shape[0]);
    float[] x = data.read(0);
    Domain domain = driver.threat().domain();
    long begin = System.nanoTime();
    for (Corruption type : types) {
      for (int severity : benchmark.severities()) {
        CommonCorruptions.corrupt(x, shape, new float[] {type.number(), severity, 0}, domain);
      }
    }
    double made = (System.nanoTime() - begin) / 1e9 / driver.workers().count();
    return made + types.size() * benchmark.severities().size() * seconds.check();
  }

  private Classifier neverFalls(int label) {
    Classifier model = new NeverFalls(settings.classifier, label);
    return settings.surrogate == null ? model : new TransferClassifier(model, model);
  }

  private Seconds measure() {
    long shard = driver.shard();
    int n = (int) Math.min(data.size(), shard * driver.workers().count());
    int shards = (int) ((n + shard - 1) / shard);
    try (Scope scope = Scope.open();
        InputGradients source = driver.model().gradients(settings.precision)) {
      Chunk chunk = Chunk.read(data, IntStream.range(0, n).toArray());
      Tensor all = chunk.x().to(driver.model().device()); // [n, ...]
      IntFunction<Tensor> part = s -> all.slice(0, s * shard, Math.min(n, (s + 1) * shard));
      double check = time(shards, s -> check(part.apply(s))) / n;
      double forward = time(shards, s -> source.logits(part.apply(s))) / n;
      boolean gradients = driver.model().differentiable();
      return new Seconds(check, forward, gradients ? Math.max(forward, steps(chunk)) : forward);
    }
  }

  /** Seconds of one step of an attack that drops nothing, per sample. */
  private double steps(Chunk chunk) {
    ThreatModel open = driver.threat().knowing(Knowledge.WHITE_BOX).queries(ThreatModel.UNLIMITED);
    AttackDriver white = driver.withThreat(open);
    double[] times = new double[REPETITIONS];
    for (int i = -1; i < REPETITIONS; i++) {
      long begin = System.nanoTime();
      List<AttackResult.Sample> samples =
          white.run(PROBE, chunk.x(), chunk.labels(), chunk.ids(), settings.seed).samples();
      long steps = samples.stream().mapToLong(AttackResult.Sample::gradients).sum();
      times[Math.max(i, 0)] = (System.nanoTime() - begin) / 1e9 / Math.max(1, steps);
    }
    return median(times);
  }

  private Tensor check(Tensor x) {
    try (NoGrad off = NoGrad.on()) {
      return settings.classifier.logits(x);
    }
  }

  /** The median over some repetitions, after one to warm up. */
  private double time(int shards, IntFunction<Tensor> work) {
    double[] times = new double[REPETITIONS];
    for (int i = -1; i < REPETITIONS; i++) {
      long begin = System.nanoTime();
      driver.workers().map(shards, s -> work.apply(s).rank());
      times[Math.max(i, 0)] = (System.nanoTime() - begin) / 1e9;
    }
    return median(times);
  }

  private static double median(double[] times) {
    Arrays.sort(times);
    return times[times.length / 2];
  }
}
