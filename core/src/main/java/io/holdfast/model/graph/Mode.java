package io.holdfast.model.graph;

import io.holdfast.common.Seed;
import java.util.Set;

/** How a forward pass treats layers that differ between training and use. */
public sealed interface Mode {
  /**
   * Dropout is off, batch norm uses its running statistics.
   *
   * @param channelsLast whether images lie in channels-last memory order, which is the faster one
   */
  record Evaluation(boolean channelsLast) implements Mode {}

  /**
   * Dropout is on.
   *
   * @param seed of this shard and step; each dropout node splits its own from it by name
   * @param frozen layers that are not trained: their batch norms use the running statistics, as in
   *     evaluation, and contribute none
   */
  record Training(Seed seed, BatchNormPolicy batchNorm, Set<String> frozen) implements Mode {
    public Training {
      frozen = Set.copyOf(frozen);
    }

    /** How the batch norm of a node is to behave. */
    BatchNormPolicy batchNorm(String node) {
      return frozen.contains(node) ? BatchNormPolicy.RUNNING : batchNorm;
    }
  }

  Mode EVALUATION = new Evaluation(true);

  /**
   * Evaluation in PyTorch's default memory order: on the same processor sums are rounded as there,
   * so that a point on a kink of the network gets the gradient that PyTorch gives it.
   */
  Mode REFERENCE = new Evaluation(false);

  static Mode evaluation() {
    return EVALUATION;
  }

  /** Of a network all of whose layers are trained. */
  static Mode training(Seed seed, BatchNormPolicy batchNorm) {
    return new Training(seed, batchNorm, Set.of());
  }
}
