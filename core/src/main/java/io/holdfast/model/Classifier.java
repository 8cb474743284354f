package io.holdfast.model;

import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * A model that gives one logit per class. Inputs are raw values in the threat model's domain, such
 * as pixels in [0, 1]: normalisation is part of the model. Safe to use from many threads at once.
 */
public interface Classifier {
  /** Number of classes K, at least 2. */
  int classes();

  /** Shape of one input without the batch, such as {@code [C, H, W]}. */
  long[] inputShape();

  /**
   * Logits {@code [N, K]} in float32 of {@code x [N, ...]}, in evaluation mode. They are on the
   * tape where {@code x} is and the model is {@link #differentiable}.
   */
  Tensor logits(Tensor x);

  /** Where it computes: inputs are to lie there, as logits do. */
  default Device device() {
    return Device.CPU;
  }

  /** True where input gradients exist. */
  default boolean differentiable() {
    return true;
  }

  /** True where equal inputs may give different logits (the model draws random numbers). */
  default boolean stochastic() {
    return false;
  }

  /**
   * Names of the layers whose values {@link #activation} gives, in their order, the logits' last;
   * empty where it has none.
   */
  default List<String> layers() {
    return List.of();
  }

  /**
   * The value of a named layer, {@code [N, ...]}, of {@code x [N, ...]}, in evaluation mode; on the
   * tape where {@code x} is.
   *
   * @throws InvalidInputException if there is no such layer
   */
  default Tensor activation(Tensor x, String layer) {
    throw new InvalidInputException(
        "model", "layer", "a model with named layers", "one without, asked for " + layer);
  }

  /**
   * The fastest way this model has to compute logits and input gradients with its present weights.
   * The default goes over the tape.
   *
   * @param precision the number format of the search; verdicts use {@link #logits}
   */
  default InputGradients gradients(Precision precision) {
    return new TapeGradients(this, precision);
  }
}
