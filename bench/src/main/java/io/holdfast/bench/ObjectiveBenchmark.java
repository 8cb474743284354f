package io.holdfast.bench;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.InputGradients;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autocast;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.consistency.Vat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * What a step of an objective costs over the passes that its formula needs ({@code
 * docs/objectives.md}). One operation is both, in turn: eight steps of 128 images with a search of
 * three steps, those of an epoch behind its first one, with which the preparing of a run is left
 * out, and the same number of forward and backward passes and nothing else; the median of their
 * ratio is printed at the end of each trial, and 1.1 is the goal. For objectives whose formula has
 * derivatives of derivatives or bounds, which are not passes of the network alone, the bare formula
 * with the gradient of its weights stands in place of the passes. Sums of others ({@code hybrid})
 * cost what their terms do.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Dorg.bytedeco.javacpp.nopointergc=true"})
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 6, time = 4)
public class ObjectiveBenchmark {
  private static final int STEPS = 8; // behind a first one, which prepares much
  private static final int BATCH = 128;
  private static final int SHARD = 32;
  private static final int SEARCH = 3;
  private static final int MEMBERS = 2;
  private static final ThreatModel UNION =
      ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1.5)).within(0, 1);
  private static final Set<String> UNIONS = Set.of("union-average", "msd", "union-sampling");

  /** Its name. */
  @Param({
    "standard",
    "pgd-at",
    "trades",
    "mart",
    "alp",
    "score",
    "mail",
    "gairat",
    "mma",
    "cat",
    "iat",
    "hinge",
    "cw-margin",
    "class-margin",
    "vat",
    "gaussian",
    "smooth-adv",
    "macer",
    "augmix-jsd",
    "feature-pairing",
    "hat",
    "lbgat",
    "defensive-distillation",
    "ard",
    "rslad",
    "iad",
    "kd-at",
    "union-average",
    "msd",
    "union-sampling",
    "jacobian",
    "curvature",
    "input-gradient",
    "fast-bat",
    "ibp",
    "sabr",
    "mtl-ibp",
    "crown-ibp"
  })
  String objective = "standard";

  /** A {@link Precision}. */
  @Param({"AUTO"})
  String precision = "AUTO";

  private final Dataset train = FashionMnist.train().first((STEPS + 1) * BATCH);
  private final Network network = Architectures.smallCnn(1, 10).initialise(new Seed(1));
  private final Workers workers = Workers.auto();
  private final SharedScope owner = Scope.shared();
  private final Tensor images = images();
  private final Tensor labels = labels();
  private final Bundle guide = guide();
  private @Nullable Pairs pairs;

  private Bundle guide() {
    return hardening(new Standard()).fit(train.first(BATCH));
  }

  private Tensor images() {
    try (Scope scope = Scope.open()) {
      return owner.adopt(Rng.of(new Seed(2)).uniform(0, 1, SHARD, 1, 28, 28)); // [n, 1, 28, 28]
    }
  }

  private Tensor labels() {
    try (Scope scope = Scope.open()) {
      return owner.adopt(
          Tensors.of(IntStream.range(0, SHARD).mapToLong(i -> i % 10).toArray(), SHARD));
    }
  }

  private Precision precision() {
    return precision.equals("AUTO") ? Precision.auto() : Precision.valueOf(precision);
  }

  private ListedObjective<?> objective() {
    return Objectives.describe().stream()
        .filter(spec -> spec.name().equals(objective))
        .findFirst()
        .orElseThrow()
        .usual();
  }

  /** Steps and passes in turn; the ratio of their times. */
  @Benchmark
  public double stepsOverPasses() {
    return Objects.requireNonNull(pairs).seconds(this::steps, () -> Pairs.seconds(this::passes));
  }

  /** A new list of pairs for each trial. */
  @Setup
  public void begin() {
    pairs = new Pairs(objective + " " + precision());
  }

  /** Drops the pairs of warming up. */
  @Setup(Level.Iteration)
  public void iteration(IterationParams iteration) {
    Objects.requireNonNull(pairs).enter(iteration.getType());
  }

  private Hardening hardening(Objective loss) {
    return Hardening.of(Architectures.smallCnn(1, 10))
        .against(threat(loss))
        .objective(loss)
        .attack(Pgd.steps(SEARCH))
        .precision(precision())
        .epochs(1)
        .batch(BATCH)
        .validation(0)
        .seed(7);
  }

  private static ThreatModel threat(Objective loss) {
    return UNIONS.contains(loss.name()) ? UNION : ThreatModel.linf(0.1).within(0, 1);
  }

  /** Seconds of eight steps in a row, reading and augmenting included; nothing is validated. */
  private double steps() {
    ListedObjective<?> loss = objective();
    StepClock clock = new StepClock();
    Hardening all = hardening(loss).progress(clock);
    for (Guide role : loss.guides()) {
      all = all.guide(role.role(), guide);
    }
    all.fit(train).close();
    return clock.seconds(STEPS);
  }

  /**
   * As many passes, shard by shard and batch by batch as in a step, so that how shards spread over
   * workers counts on both sides: searches over the compiled plan, the others over the tape.
   */
  private void passes() {
    ListedObjective<?> loss = objective();
    Passes passes = loss.passes(UNIONS.contains(objective) ? MEMBERS : 1, 1);
    try (InputGradients gradients = network.classifier().gradients(precision())) {
      for (int step = 0; step < STEPS; step++) {
        double progress = (step + 1.0) / (STEPS + 1);
        List<Integer> counts =
            workers.map(
                BATCH / SHARD,
                shard ->
                    loss.derivesTwice() || loss.bounded()
                        ? formula(loss, gradients, new Seed(shard), progress)
                        : shard(passes, probes(loss), gradients, new Seed(shard)));
        if (counts.contains(0)) {
          throw new IllegalStateException(objective + " needs no pass at all");
        }
      }
    }
  }

  /** The bare formula, with the gradient by the weights. */
  private int formula(
      ListedObjective<?> loss, InputGradients gradients, Seed seed, double progress) {
    ThreatModel threat = threat(loss);
    BareShard.Ground ground =
        new BareShard.Ground(
            network, gradients, precision(), threat, Pgd.steps(SEARCH).inner(threat));
    try (Scope scope = Scope.open()) {
      return new BareShard(ground, images, labels, seed, progress).weightGradients(loss).size();
    }
  }

  /** Passes forward and back by the inputs alone that are no steps of a search. */
  private static int probes(ListedObjective<?> loss) {
    return loss instanceof Vat vat ? vat.iterations() : 0;
  }

  private int shard(Passes passes, int probes, InputGradients gradients, Seed seed) {
    int searched = (int) Math.round(passes.searches() * SEARCH) + probes;
    int both = (int) Math.round(Math.min(passes.forward(), passes.backward())) - probes;
    double tries = passes.tries() * SEARCH;
    double more = passes.compared() + passes.guide();
    int alone = (int) Math.round(passes.forward() + tries - passes.backward() + more);
    for (int i = 0; i < searched; i++) {
      try (Scope scope = Scope.open()) {
        Reference reference = Reference.labels(labels);
        gradients.pass(images, z -> Losses.CE.cotangent(z, reference));
      }
    }
    for (int i = 0; i < alone; i++) {
      try (Scope scope = Scope.open()) {
        gradients.logits(images);
      }
    }
    for (int i = 0; i < both; i++) {
      try (Scope scope = Scope.open()) {
        weightGradients(seed.split(i));
      }
    }
    return searched + alone + both;
  }

  private List<Tensor> weightGradients(Seed seed) {
    Map<String, Tensor> parameters = new LinkedHashMap<>(network.weights());
    for (Graph.Parameter p : network.trainable()) {
      parameters.put(p.name(), network.weight(p.name()).asLeaf());
    }
    List<Tensor> leaves =
        network.trainable().stream().map(p -> parameters.getOrDefault(p.name(), images)).toList();
    Graph graph = network.graph();
    io.holdfast.model.graph.Mode mode =
        io.holdfast.model.graph.Mode.training(seed, BatchNormPolicy.GHOST);
    Tensor logits; // [n, K]
    try (Autocast on = Autocast.of(precision(), images.device())) {
      logits =
          Forward.run(graph, parameters, List.of(images), mode)
              .value(graph.outputs().get(0))
              .to(DType.FLOAT32);
    }
    Tensor loss = Losses.CE.value(logits, Reference.labels(labels)).sum();
    return Autograd.grad(loss, leaves, false);
  }

  /** Prints the ratio and frees the native memory. */
  @TearDown
  public void close() {
    Objects.requireNonNull(pairs).summary().ifPresent(System.out::println);
    guide.close();
    workers.close();
    network.close();
    owner.close();
  }
}
