package io.holdfast.model.graph;

/**
 * Which statistics batch norm uses in training. Running statistics are never written by a forward
 * pass: their contributions are returned (see {@link BatchStatistics}) and taken in by {@link
 * Network#updateStatistics}. To synchronise over a whole batch, make the batch one shard.
 */
public sealed interface BatchNormPolicy {
  /**
   * Each shard its own: "ghost batch norm" (Hoffer et al. 2017, section 4, algorithm 1). The
   * shard's size is part of the recipe and recorded.
   */
  record Ghost() implements BatchNormPolicy {}

  /** The running ones, as in evaluation; none are contributed. */
  record Running() implements BatchNormPolicy {}

  BatchNormPolicy GHOST = new Ghost();
  BatchNormPolicy RUNNING = new Running();
}
