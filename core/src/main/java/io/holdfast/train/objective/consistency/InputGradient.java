package io.holdfast.train.objective.consistency;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Penalty;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Input-gradient regularisation, or double backpropagation (Ross and Doshi-Velez 2018, equation 5;
 * Drucker and LeCun 1992): the squared length of the cross-entropy's gradient by the input.
 *
 * @param lambda weight of the penalty, at least 0
 */
public record InputGradient(double lambda) implements Penalty<InputGradient> {
  /** The registry's line. */
  public static final ObjectiveSpec<InputGradient> SPEC =
      new ObjectiveSpec<>(
          "input-gradient",
          "clean cross-entropy + lambda x |its gradient by the input|^2",
          "Ross and Doshi-Velez 2018, equation 5",
          new InputGradient(1),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the penalty",
                  0,
                  1e6,
                  InputGradient::lambda,
                  (o, v) -> new InputGradient(v))));

  @Override
  public ObjectiveSpec<InputGradient> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(1, 3);
  }

  @Override
  public boolean smoothsAsTerm() {
    return true;
  }

  @Override
  public boolean derivesTwice() {
    return true;
  }

  @Override
  public Penalised penalise(ShardContext shard) {
    Tensor leaf = shard.inputs().asLeaf(); // [n, ...]
    Tensor logits = shard.logits(leaf); // [n, K]
    Tensor gradient = of(shard, logits, leaf); // [n, ...]
    return new Penalised(logits, null, Predictions.squareNorm(gradient));
  }

  /**
   * The cross-entropy's gradient by the input, for a derivative of its own, {@code [n, ...]}.
   *
   * @param logits of the leaf, {@code [n, K]}
   * @param leaf the inputs, {@code [n, ...]}
   */
  static Tensor of(ShardContext shard, Tensor logits, Tensor leaf) {
    Tensor loss = Predictions.crossEntropy(shard, logits).sum(); // []
    return Autograd.grad(loss, List.of(leaf), true).get(0); // [n, ...]
  }
}
