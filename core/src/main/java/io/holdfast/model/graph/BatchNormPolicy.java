package io.holdfast.model.graph;

import io.holdfast.tensor.Meeting;

/**
 * Which statistics batch norm uses in training. Running statistics are never written by a forward
 * pass: their contributions are returned (see {@link BatchStatistics}) and taken in by {@link
 * Network#updateStatistics}.
 */
public sealed interface BatchNormPolicy {
  /**
   * Each shard its own: "ghost batch norm" (Hoffer et al. 2017, section 4, algorithm 1). The
   * shard's size is part of the recipe and recorded.
   */
  record Ghost() implements BatchNormPolicy {}

  /**
   * Those of the whole batch, whose shards meet at each batch norm (Ioffe and Szegedy 2015,
   * algorithm 1). Every shard contributes the same.
   *
   * @param meeting this shard's way to the others
   */
  record Synchronised(Meeting meeting) implements BatchNormPolicy {}

  /** The running ones, as in evaluation; none are contributed. */
  record Running() implements BatchNormPolicy {}

  BatchNormPolicy GHOST = new Ghost();
  BatchNormPolicy RUNNING = new Running();
}
