package io.holdfast.model.graph;

import io.holdfast.common.Seed;

/** How a forward pass treats layers that differ between training and use. */
public sealed interface Mode {
  /** Dropout is off, batch norm uses its running statistics. */
  record Evaluation() implements Mode {}

  /**
   * Dropout is on.
   *
   * @param seed of this shard and step; each dropout node splits its own from it by name
   */
  record Training(Seed seed, BatchNormPolicy batchNorm) implements Mode {}

  Mode EVALUATION = new Evaluation();

  static Mode evaluation() {
    return EVALUATION;
  }

  static Mode training(Seed seed, BatchNormPolicy batchNorm) {
    return new Training(seed, batchNorm);
  }
}
