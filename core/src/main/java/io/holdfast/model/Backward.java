package io.holdfast.model;

import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * How a gradient goes back through one stage of a pipeline: exactly, or by an approximation where
 * the stage has no useful derivative (BPDA, Athalye et al. 2018, section 4.1).
 */
@FunctionalInterface
public interface Backward {
  /**
   * What a stage gives on the way forward.
   *
   * @param value {@code [N, ...]}, off the tape
   * @param pullBack from the derivative with respect to the value to that with respect to the
   *     stage's input; to be called once, while the scope of the forward pass is open
   */
  record Passed(Tensor value, UnaryOperator<Tensor> pullBack) {}

  /**
   * One pass.
   *
   * @param x {@code [N, ...]}, off the tape
   * @param stage what is computed on the way forward
   */
  Passed pass(Tensor x, UnaryOperator<Tensor> stage);

  /** The stage's own derivative, over the tape. */
  static Backward exact() {
    return (x, stage) -> {
      Tensor leaf = x.asLeaf(); // [N, ...]
      Tensor value = stage.apply(leaf); // [N, ...]
      return new Passed(value.detach(), g -> Autograd.vjp(value, leaf, g));
    };
  }

  /**
   * As if the stage were the identity: for stages of which the output is near the input, such as
   * quantisation. Where shapes differ the first pass fails and says so.
   */
  static Backward identity() {
    return (x, stage) -> {
      Tensor value = plain(x, stage); // [N, ...]
      if (!Arrays.equals(value.shape(), x.shape())) {
        throw new IllegalStateException(
            "the identity cannot stand for a stage from "
                + Arrays.toString(x.shape())
                + " to "
                + Arrays.toString(value.shape()));
      }
      return new Passed(value, g -> g);
    };
  }

  /**
   * As if the stage were another, differentiable function: the stage itself on the way forward, the
   * other's derivative at the same input on the way back.
   *
   * @param surrogate from the stage's input to something of its output's shape, on the tape; also a
   *     network that was trained to imitate the stage
   */
  static Backward of(UnaryOperator<Tensor> surrogate) {
    return (x, stage) -> {
      Tensor leaf = x.asLeaf(); // [N, ...]
      Tensor like = surrogate.apply(leaf); // [N, ...], whose tape is gone back along
      return new Passed(plain(x, stage), g -> Autograd.vjp(like, leaf, g));
    };
  }

  private static Tensor plain(Tensor x, UnaryOperator<Tensor> stage) {
    try (NoGrad off = NoGrad.on()) {
      return stage.apply(x);
    }
  }
}
