package io.holdfast.model;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Logits and input gradients of a model whose weights stay as they are. Safe to use from many
 * threads at once; computes no parameter gradients. Closed when the attack is over, after all
 * threads joined.
 */
public interface InputGradients extends AutoCloseable {
  /**
   * What one pass gives.
   *
   * @param logits {@code [N, K]}, float32, off the tape
   * @param gradient of the shape of the input, float32, off the tape
   */
  record Pass(Tensor logits, Tensor gradient) {}

  /**
   * One forward and one backward pass.
   *
   * @param x inputs {@code [N, ...]}, float32
   * @param cotangent from the logits {@code [N, K]} (off the tape, float32) to the derivative of
   *     the summed objective with respect to them, {@code [N, K]}
   */
  Pass pass(Tensor x, UnaryOperator<Tensor> cotangent);

  /**
   * Gradients of several objectives at the same inputs, one after the other; where the model has a
   * way, of one forward pass.
   *
   * @param cotangents each as in {@link #pass}
   * @param each takes them in their order; what it is given lives until it returns
   */
  default void passes(Tensor x, List<UnaryOperator<Tensor>> cotangents, Consumer<Pass> each) {
    for (UnaryOperator<Tensor> cotangent : cotangents) {
      try (Scope scope = Scope.open()) {
        each.accept(pass(x, cotangent));
      }
    }
  }

  /** Logits {@code [N, K]} alone, in this source's precision; off the tape. */
  Tensor logits(Tensor x);

  /** A faster way to ask about images that differ in small patches, where this model has one. */
  default Optional<PatchLogits> patches() {
    return Optional.empty();
  }

  @Override
  void close();
}
