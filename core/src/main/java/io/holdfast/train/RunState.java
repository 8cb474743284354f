package io.holdfast.train;

import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainResult.Validation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * All of a run that changes: weights, the optimiser's state, averaged and best weights, and
 * counters. A checkpoint holds it whole.
 */
final class RunState implements AutoCloseable {
  private static final String WEIGHTS = "weights/";
  private static final String AVERAGE = "average/";
  private static final String MEAN = "swa/";
  private static final String BEST = "best/";
  private static final String CARRIED = "carried/";
  private static final String GOOD = "good/";
  private static final String WARM = "warm/";
  private static final String MEMORY = "samples/memory";
  private static final String FIGURES = "figures";
  private static final double EARLIER = 0.5; // what earlier validations count for

  private static final String OPTIMISER = "optimiser/";
  private static final String EXPERT = "expert/weights/";
  private static final String EXPERT_OPTIMISER = "expert/optimiser/";

  final Network network;
  final List<Tensor> trainable;
  final Optimiser optimiser;
  final @Nullable WeightAverage average;
  final @Nullable WeightMean mean;
  final @Nullable NetworkBeside beside;
  final KeptTensors best = new KeptTensors();
  final @Nullable WarmStarts warm;
  final @Nullable SampleMemory memory;
  final @Nullable RunningFigures figures;
  private final KeptTensors carried = new KeptTensors();
  private final KeptTensors good = new KeptTensors();
  Counters counters = Counters.START;

  /** Of what is planned; a governor's journal holds it, and no checkpoint. */
  Effort effort;

  private final TrainSettings settings;
  private final int stepsPerEpoch;

  /** That of a run before its first step. */
  RunState(TrainJob job) {
    settings = job.settings();
    network = job.network();
    stepsPerEpoch = settings.stepsPerEpoch(job.train().size());
    effort = Effort.full(settings, (long) stepsPerEpoch * settings.epochs());
    warm = settings.methods().warmStart() > 0 ? new WarmStarts(job) : null;
    memory = settings.objective().remembers() ? new SampleMemory(job.train().size()) : null;
    ThreatModel threat = job.threat();
    int count = threat == null ? 0 : settings.objective().figures(threat.members().size());
    figures = count == 0 ? null : new RunningFigures(count);
    trainable = network.trainable().stream().map(p -> network.weight(p.name())).toList();
    LowRank lowRank = settings.methods().lowRank();
    Optimiser plain =
        lowRank == null
            ? settings.optimiser().create(network, network.trainable())
            : lowRank.create(settings.optimiser(), network, job.seed().split("lora"));
    Slowed slowed = settings.methods().slowed();
    optimiser = slowed == null ? plain : slowed.over(plain, network);
    Generalist generalist = settings.methods().generalist();
    double decay = generalist == null ? settings.averaging() : generalist.decay();
    boolean averages = generalist != null || decay > 0;
    average = averages ? new WeightAverage(network, decay) : null;
    beside =
        generalist == null && !settings.objective().trainsBeside()
            ? null
            : NetworkBeside.of(network, settings.optimiser(), slowed);
    mean = settings.methods().swa() == null ? null : new WeightMean(network);
    if (mean != null) {
      counters = counters.with(WeightMean.State.START);
    }
    if (settings.methods().guard() != null) {
      counters = counters.with(OverfittingGuard.State.START);
    }
    if (settings.methods().advance() != null) {
      counters = counters.with(Advance.State.START);
    }
  }

  /** The network whose weights are validated and kept. */
  Network current() {
    if (mean != null && averaging().count() > 0) {
      return mean.network();
    }
    return average == null ? network : average.network();
  }

  /** Moves the average on after the weights' change in the step that is being taken. */
  void moveAverage() {
    if (average == null) {
      return;
    }
    long step = counters.step();
    Generalist generalist = settings.methods().generalist();
    if (generalist == null || beside == null) {
      average.update(network, step);
      return;
    }
    double share = generalist.shareAt(effort.progress(step));
    average.update(network, beside.network(), share, step);
    if (generalist.exchanges(step + 1, stepsPerEpoch, effort.pace())) {
      network.setWeights(average.network().weights());
      beside.network().setWeights(average.network().weights());
    }
  }

  /** Where the mean of weights stands. */
  WeightMean.State averaging() {
    WeightMean.State at = counters.mean();
    return at == null ? WeightMean.State.START : at;
  }

  /**
   * Whether the weights with which a run ends are still to be averaged, as where a governor or the
   * guard has ended it.
   */
  boolean lacksLast() {
    Swa swa = settings.methods().swa();
    long step = counters.step();
    return swa != null && averaging().latest() != step && swa.hasBegun(step, effort.pace());
  }

  /** Averages the present weights. */
  void average() {
    if (mean != null) {
      mean.add(network, averaging().count());
      counters = counters.with(averaging().added(counters.step()));
    }
  }

  void takeStep(StepSums sums) {
    counters = counters.next(counters.epoch().plus(sums));
    OverfittingGuard.State guard = counters.guard();
    if (guard != null) {
      counters = counters.with(guard.plus(sums.robust()));
    }
    Swa swa = settings.methods().swa();
    if (swa != null && swa.isMoment(counters.step(), stepsPerEpoch, effort.pace())) {
      average();
    }
  }

  /** Perturbations that free training goes on with, by shard; empty for none. */
  List<Tensor> carried() {
    return IntStream.range(0, carried.tensors().size()).mapToObj(this::carried).toList();
  }

  private Tensor carried(int shard) {
    return Objects.requireNonNull(carried.tensors().get(Integer.toString(shard)));
  }

  /** Keeps the perturbations that a step has left, if it has, and what it wants remembered. */
  void carryOn(List<ShardResult> results) {
    Map<String, Tensor> left = new LinkedHashMap<>();
    for (int i = 0; i < results.size(); i++) {
      Tensor perturbation = results.get(i).carried();
      if (perturbation != null) {
        left.put(Integer.toString(i), perturbation);
      }
    }
    if (!left.isEmpty()) {
      carried.keep(left);
    }
    for (ShardResult result : results) {
      if (warm != null && result.left() != null) {
        warm.keep(result.left());
      }
      if (memory != null) {
        result.notes().forEach(memory::put);
      }
    }
    if (figures != null) {
      figures.add(results.stream().flatMap(r -> r.figures().stream()).toList());
    }
  }

  /** How likely the objective attacks each member of the threat model; empty if it draws none. */
  double[] chances() {
    return settings.objective().chances(figures == null ? new double[0] : figures.all());
  }

  /** Which samples are drawn more often and attacked harder at present; null for none. */
  @Nullable Selection selection() {
    Selection planned = settings.methods().selection();
    Standing seen = counters.standing();
    return planned == null || seen == null ? planned : planned.by(seen);
  }

  /** Takes note of how classes and groups stand in a validation, where training goes by it. */
  void stands(Standing now) {
    Selection planned = settings.methods().selection();
    if (planned != null && planned.measured()) {
      Standing before = counters.standing();
      counters = counters.with(before == null ? now : before.then(now, EARLIER));
    }
  }

  /** How weak each class was measured to be; empty where nothing goes by it. */
  Map<Integer, Double> weakness() {
    Selection now = selection();
    return now != null && now.measured() ? now.classes() : Map.of();
  }

  /** The sums of the epoch that ends now; the next one's begin at nothing. */
  StepSums endEpoch() {
    StepSums sums = counters.epoch();
    counters = counters.inEpoch(StepSums.NONE);
    return sums;
  }

  /** Takes note of a validation; keeps the weights if it is the best and {@code keep} is true. */
  void validated(Validation now, boolean keep, int patience) {
    Validation before = counters.best();
    Validation top = before == null || now.score() > before.score() ? now : before;
    if (top.equals(now) && keep) {
      best.replace(current().weights());
    }
    boolean stop = patience > 0 && now.epoch() - top.epoch() >= patience;
    counters = counters.validated(top, now, stop);
  }

  /** Puts the weights that count into the network; returns their validation. */
  @Nullable Validation settle() {
    if (!best.isEmpty()) {
      network.setWeights(best.tensors());
      return counters.best();
    }
    if (current() != network) {
      network.setWeights(current().weights());
    }
    return counters.last();
  }

  /** Every tensor by name, in a fixed order; those of this state themselves, not copies. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> all = live();
    good.tensors().forEach((name, t) -> all.put(GOOD + name, t));
    return all;
  }

  /** Keeps a copy of all to come back to. */
  void keepGood() {
    good.replace(live());
  }

  /** Back to the last {@link #keepGood}, but for the counters. */
  void goBack() {
    put(good.tensors());
  }

  private Map<String, Tensor> live() {
    Map<String, Tensor> all = new TreeMap<>();
    network.weights().forEach((name, t) -> all.put(WEIGHTS + name, t));
    optimiser.state().forEach((name, t) -> all.put(OPTIMISER + name, t));
    if (average != null) {
      average.network().weights().forEach((name, t) -> all.put(AVERAGE + name, t));
    }
    if (mean != null) {
      mean.network().weights().forEach((name, t) -> all.put(MEAN + name, t));
    }
    if (beside != null) {
      beside.network().weights().forEach((name, t) -> all.put(EXPERT + name, t));
      beside.optimiser().state().forEach((name, t) -> all.put(EXPERT_OPTIMISER + name, t));
    }
    best.tensors().forEach((name, t) -> all.put(BEST + name, t));
    carried.tensors().forEach((name, t) -> all.put(CARRIED + name, t));
    if (warm != null) {
      warm.tensors().forEach((name, t) -> all.put(WARM + name, t));
    }
    if (memory != null) {
      all.put(MEMORY, memory.values());
    }
    if (figures != null) {
      all.put(FIGURES, figures.values());
    }
    return all;
  }

  /** Takes over what {@link #tensors} gave in a run of the same fingerprint. */
  void restore(Map<String, Tensor> saved, Counters at) {
    put(saved);
    good.replace(part(saved, GOOD));
    counters = at;
  }

  private void put(Map<String, Tensor> saved) {
    network.setWeights(part(saved, WEIGHTS));
    if (average != null) {
      average.network().setWeights(part(saved, AVERAGE));
    }
    if (mean != null) {
      mean.network().setWeights(part(saved, MEAN));
    }
    put(optimiser, part(saved, OPTIMISER));
    if (beside != null) {
      beside.network().setWeights(part(saved, EXPERT));
      put(beside.optimiser(), part(saved, EXPERT_OPTIMISER));
    }
    best.replace(part(saved, BEST));
    carried.replace(part(saved, CARRIED));
    if (warm != null) {
      warm.restore(part(saved, WARM));
    }
    if (memory != null) {
      memory.values().copyFrom(Objects.requireNonNull(saved.get(MEMORY)));
    }
    if (figures != null) {
      figures.values().copyFrom(Objects.requireNonNull(saved.get(FIGURES)));
    }
  }

  private static void put(Optimiser optimiser, Map<String, Tensor> saved) {
    optimiser.state().forEach((name, t) -> t.copyFrom(Objects.requireNonNull(saved.get(name))));
  }

  private static Map<String, Tensor> part(Map<String, Tensor> tensors, String prefix) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    tensors.forEach(
        (name, t) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), t);
          }
        });
    return found;
  }

  @Override
  public void close() {
    optimiser.close();
    best.close();
    carried.close();
    good.close();
    if (warm != null) {
      warm.close();
    }
    if (memory != null) {
      memory.close();
    }
    if (figures != null) {
      figures.close();
    }
    if (average != null) {
      average.close();
    }
    if (mean != null) {
      mean.close();
    }
    if (beside != null) {
      beside.close();
    }
  }
}
