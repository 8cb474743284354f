package io.holdfast.train;

import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a shard hands back; tensors belong to the step.
 *
 * @param gradients of the mean loss of the batch, in the order of the trainable parameters: the sum
 *     of the samples' losses, each times its weight, over the number of samples
 * @param sums of losses and predictions; the clean ones of an objective without a clean pass are
 *     those of the first shard, with the weights before the step
 * @param statistics of batch norms, in the order of the forward passes
 * @param answers what was decided, adversarial examples among it, in the order of the objective's
 *     questions; empty unless the pass keeps them
 * @param carried the perturbation {@code [n, ...]} of free training after this step, or null
 * @param left perturbations to begin the next epoch's search with, or null
 * @param notes what the objective wants remembered
 * @param figures what it adds to its running ones
 * @param beside gradients and statistics of the network that is trained beside, or null
 */
record ShardResult(
    List<Tensor> gradients,
    StepSums sums,
    List<BatchStatistics> statistics,
    List<Tensor> answers,
    @Nullable Tensor carried,
    WarmStarts.@Nullable Left left,
    List<SampleMemory.Note> notes,
    List<RunningFigures.Note> figures,
    @Nullable ShardResult beside) {
  /** Gradients and statistics of batch norms alone. */
  static ShardResult of(List<Tensor> gradients, List<BatchStatistics> statistics) {
    return new ShardResult(
        gradients, StepSums.NONE, statistics, List.of(), null, null, List.of(), List.of(), null);
  }

  /** The same with gradients of another pass. */
  ShardResult withGradients(List<Tensor> others) {
    return new ShardResult(
        others, sums, statistics, answers, carried, left, notes, figures, beside);
  }
}
