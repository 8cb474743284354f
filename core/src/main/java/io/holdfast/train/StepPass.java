package io.holdfast.train;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pass over the shards of a step this is.
 *
 * @param weights at which the loss is taken, by name; empty for the network's own
 * @param answers what was decided in the pass before, for each shard; null to decide it
 * @param first whether a second pass needs the answers
 * @param gradients false where only the statistics of batch norms are wanted
 * @param clean whether the clean samples alone are learned, by cross-entropy, whatever the
 *     objective
 */
record StepPass(
    Map<String, Tensor> weights,
    @Nullable List<List<Tensor>> answers,
    boolean first,
    boolean gradients,
    boolean clean) {
  static final StepPass ONLY = new StepPass(Map.of(), null, false, true, false);
  static final StepPass FIRST = new StepPass(Map.of(), null, true, true, false);

  static StepPass again(Map<String, Tensor> weights, List<List<Tensor>> answers) {
    return new StepPass(weights, answers, false, true, false);
  }

  static StepPass statistics(Map<String, Tensor> weights) {
    return new StepPass(weights, null, false, false, false);
  }

  static StepPass clean(Map<String, Tensor> weights) {
    return new StepPass(weights, null, false, true, true);
  }

  /** Whether it is this pass whose figures, perturbations and notes are those of the step. */
  boolean counts() {
    return gradients && answers == null && !clean;
  }
}
