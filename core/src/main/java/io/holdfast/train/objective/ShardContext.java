package io.holdfast.train.objective;

import io.holdfast.attack.Loss;
import io.holdfast.tensor.Tensor;

/** What an objective may use of the loop, for one shard of n samples at one step. */
public interface ShardContext {
  /** Clean inputs {@code [n, ...]} after augmentation, in the threat model's domain. */
  Tensor inputs();

  /** Labels {@code [n]}, int64. */
  Tensor labels();

  /** Label smoothing in [0, 1), as the experiment has it. */
  double labelSmoothing();

  /** Share of samples in [0, 1] that stay clean at this step. */
  double cleanShare();

  /**
   * A 0/1 column {@code [n, 1, ...]} that broadcasts over the inputs: 1 for the samples that stay
   * clean at this step, drawn for each sample by its own seed.
   */
  Tensor cleanMask();

  /** Logits in training mode on the parameter leaves; each call draws its own dropout masks. */
  Tensor logits(Tensor inputs);

  /** Logits in evaluation mode with the present weights, off the tape. */
  Tensor evaluationLogits(Tensor inputs);

  /**
   * Adversarial examples for every sample, none left out, by the experiment's inner maximiser with
   * the present weights in evaluation mode.
   *
   * @param loss what to maximise
   * @param smallGaussianStart true for TRADES' start at 0.001 times a standard normal, false for
   *     the threat model's uniform start
   */
  Tensor adversarial(Loss loss, boolean smallGaussianStart);
}
