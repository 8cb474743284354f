package io.holdfast.train;

import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.TrainResult.Validation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All of a run that changes: weights, the optimiser's state, averaged and best weights, and
 * counters. A checkpoint holds it whole.
 */
final class RunState implements AutoCloseable {
  private static final String WEIGHTS = "weights/";
  private static final String AVERAGE = "average/";
  private static final String BEST = "best/";
  private static final String OPTIMISER = "optimiser/";

  /**
   * The part that is no tensors.
   *
   * @param step the next step, from 0
   * @param epoch sums over the present epoch's steps so far
   * @param best the best validation so far, or null
   * @param last the latest validation, or null
   * @param stopped true when patience ran out
   */
  record Counters(
      long step,
      StepSums epoch,
      @Nullable Validation best,
      @Nullable Validation last,
      boolean stopped) {
    static final Counters START = new Counters(0, StepSums.NONE, null, null, false);
  }

  final Network network;
  final List<Tensor> trainable;
  final Optimiser optimiser;
  final @Nullable WeightAverage average;
  final BestWeights best = new BestWeights();
  Counters counters = Counters.START;

  RunState(Network network, TrainSettings settings) {
    this.network = network;
    trainable = network.trainable().stream().map(p -> network.weight(p.name())).toList();
    optimiser = settings.optimiser().create(trainable);
    average = settings.averaging() > 0 ? new WeightAverage(network, settings.averaging()) : null;
  }

  /** The network whose weights are validated and kept. */
  Network current() {
    return average == null ? network : average.network();
  }

  void takeStep(StepSums sums) {
    counters =
        new Counters(
            counters.step + 1,
            counters.epoch.plus(sums),
            counters.best,
            counters.last,
            counters.stopped);
  }

  /** The sums of the epoch that ends now; the next one's begin at nothing. */
  StepSums endEpoch() {
    StepSums sums = counters.epoch;
    counters =
        new Counters(counters.step, StepSums.NONE, counters.best, counters.last, counters.stopped);
    return sums;
  }

  /** Takes note of a validation; keeps the weights if it is the best and {@code keep} is true. */
  void validated(Validation now, boolean keep, int patience) {
    Validation before = counters.best;
    Validation top = before == null || now.score() > before.score() ? now : before;
    if (top.equals(now) && keep) {
      best.keep(current().weights());
    }
    boolean stop = patience > 0 && now.epoch() - top.epoch() >= patience;
    counters = new Counters(counters.step, counters.epoch, top, now, stop);
  }

  /** Puts the weights that count into the network; returns their validation. */
  @Nullable Validation settle() {
    if (!best.isEmpty()) {
      network.setWeights(best.weights());
      return counters.best;
    }
    if (average != null) {
      network.setWeights(average.network().weights());
    }
    return counters.last;
  }

  /** Every tensor by name, in a fixed order; those of this state themselves, not copies. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new TreeMap<>();
    network.weights().forEach((name, t) -> all.put(WEIGHTS + name, t));
    optimiser.state().forEach((name, t) -> all.put(OPTIMISER + name, t));
    if (average != null) {
      average.network().weights().forEach((name, t) -> all.put(AVERAGE + name, t));
    }
    best.weights().forEach((name, t) -> all.put(BEST + name, t));
    return all;
  }

  /** Takes over what {@link #tensors} gave in a run of the same fingerprint. */
  void restore(Map<String, Tensor> saved, Counters at) {
    network.setWeights(part(saved, WEIGHTS));
    if (average != null) {
      average.network().setWeights(part(saved, AVERAGE));
    }
    Map<String, Tensor> state = part(saved, OPTIMISER);
    optimiser.state().forEach((name, t) -> t.copyFrom(Objects.requireNonNull(state.get(name))));
    Map<String, Tensor> kept = part(saved, BEST);
    if (!kept.isEmpty()) {
      best.keep(kept);
    }
    counters = at;
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
    if (average != null) {
      average.close();
    }
  }
}
