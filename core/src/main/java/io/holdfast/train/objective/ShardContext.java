package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;

/** What an objective may use of the loop, for one shard of n samples at one step. */
public interface ShardContext {
  /** Clean inputs {@code [n, ...]} after augmentation, in the threat model's domain. */
  Tensor inputs();

  /** Labels {@code [n]}, int64. */
  Tensor labels();

  /** Label smoothing in [0, 1), as the experiment has it. */
  double labelSmoothing();

  /** Logits {@code [n, K]} in training mode on the parameter leaves; draws fresh dropout masks. */
  Tensor logits(Tensor inputs);

  /** Logits {@code [n, K]} in evaluation mode with the present weights, off the tape. */
  Tensor evaluationLogits(Tensor inputs);

  /** Where the experiment's inner maximiser begins, for {@link #adversarial}. */
  InnerMaximiser.Start start();

  /**
   * Adversarial examples by the experiment's inner maximiser with the present weights in evaluation
   * mode. Every sample is perturbed, whether or not it is misclassified already; then those that
   * the mix draws to stay clean are put back.
   *
   * @param loss what to maximise
   * @param reference what the loss compares logits with
   * @param start where the search begins
   * @return {@code [n, ...]}, off the tape
   */
  Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start);
}
