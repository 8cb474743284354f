package io.holdfast.train;

import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the shards of a step do to the weights, added up in shard order. */
final class Update {
  private Update() {}

  /**
   * What shards say of a batch together.
   *
   * @param total gradients, as large as they may be
   * @param norm before they were made smaller
   */
  private record Slope(List<Tensor> total, double norm) {
    /**
     * Of all shards.
     *
     * @param clip largest L2 norm of the whole gradient, 0 for none
     * @param step from 0
     * @throws DivergedException if the gradient is not finite
     */
    static Slope of(List<ShardResult> shards, double clip, long step, Workers workers) {
      Slope all = sum(shards, workers);
      requireFinite(all.norm, step);
      if (clip > 0 && all.norm > clip) {
        all.total.forEach(g -> g.mulInPlace(clip / all.norm));
      }
      return all;
    }
  }

  /**
   * Changes weights, running statistics and the average.
   *
   * @param workers that share what is done number by number
   * @param ofBeside what the network beside learns from; empty where there is none
   * @param rate learning rate of this step
   * @param clip largest L2 norm of the whole gradient, 0 for none
   * @return the norm before clipping
   * @throws DivergedException if a gradient is not finite; then nothing was changed
   */
  static double apply(
      RunState state,
      List<ShardResult> shards,
      List<ShardResult> ofBeside,
      double rate,
      double clip,
      Workers workers) {
    try (Scope scope = Scope.open()) {
      long step = state.counters.step();
      NetworkBeside beside = state.beside;
      Slope slope = Slope.of(shards, clip, step, workers);
      Slope other = beside == null ? null : Slope.of(ofBeside, clip, step, workers);
      state.optimiser.step(state.trainable, slope.total(), rate, workers);
      moveStatistics(state.network, shards);
      if (beside != null && other != null) {
        beside.optimiser().step(beside.trainable(), other.total(), rate, workers);
        moveStatistics(beside.network(), ofBeside);
      }
      state.moveAverage();
      return slope.norm();
    }
  }

  /**
   * The whole gradient of a batch.
   *
   * @throws DivergedException if no step can be taken along it, since it is not finite
   */
  static List<Tensor> gradient(List<ShardResult> shards, long step, Workers workers) {
    Slope all = sum(shards, workers);
    requireFinite(all.norm, step);
    return all.total;
  }

  private static void requireFinite(double norm, long step) {
    if (!Double.isFinite(norm)) {
      throw diverged("gradient's norm", norm, step);
    }
  }

  static DivergedException diverged(String what, double value, long step) {
    return new DivergedException(
        "training diverged: the "
            + what
            + " is "
            + value
            + " at step "
            + (step + 1)
            + "; try a smaller train.optimiser.learning_rate, or train.gradient_clip: 1");
  }

  /** The sums over the shards, in place of the first one's gradients. */
  private static Slope sum(List<ShardResult> shards, Workers workers) {
    List<Tensor> total = shards.get(0).gradients();
    List<ShardResult> others = shards.subList(1, shards.size());
    double square =
        Slices.each(
            total,
            workers,
            slice -> {
              Tensor sum = slice.of(total);
              others.forEach(shard -> sum.addInPlace(slice.of(shard.gradients())));
              return sum.square().sum().item();
            });
    return new Slope(total, Math.sqrt(square));
  }

  /**
   * Running statistics move by the batch norm's momentum towards the average over the shards (and
   * over the forward passes of an objective that makes several), by how many values each saw. A
   * shard's variance is unbiased first, as PyTorch's is.
   */
  private static void moveStatistics(Network network, List<ShardResult> shards) {
    moveStatistics(network, shards, BatchNorm::momentum);
  }

  /**
   * As in a step, by another momentum.
   *
   * @param momentum 1 to take over what the shards saw
   */
  static void moveStatistics(
      Network network, List<ShardResult> shards, ToDoubleFunction<BatchNorm> momentum) {
    Map<String, List<BatchStatistics>> byNode = new LinkedHashMap<>();
    for (ShardResult r : shards) {
      for (BatchStatistics s : r.statistics()) {
        byNode.computeIfAbsent(s.node(), n -> new ArrayList<>()).add(s);
      }
    }
    byNode.forEach(
        (node, seen) -> {
          if (network.graph().node(node).layer() instanceof BatchNorm norm
              && !network.frozen().contains(node)) {
            moveStatistics(network, node, momentum.applyAsDouble(norm), seen);
          }
        });
  }

  private static void moveStatistics(
      Network network, String node, double momentum, List<BatchStatistics> seen) {
    Tensor mean = Tensors.zerosLike(seen.get(0).mean()); // [C]
    Tensor variance = Tensors.zerosLike(mean); // [C]
    double all = seen.stream().mapToLong(BatchStatistics::count).sum();
    for (BatchStatistics s : seen) {
      double unbiased = s.count() > 1 ? (double) s.count() / (s.count() - 1) : 1;
      double share = s.count() / all;
      mean.addInPlace(s.mean(), share);
      variance.addInPlace(s.variance(), unbiased * share);
    }
    network.weight(node + ".running_mean").mulInPlace(1 - momentum).addInPlace(mean, momentum);
    network.weight(node + ".running_var").mulInPlace(1 - momentum).addInPlace(variance, momentum);
  }
}
