package io.holdfast.attack;

import io.holdfast.common.HoldfastException;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import java.util.function.UnaryOperator;

/**
 * The gradients that a search of training climbs by. Shapes: N samples, K classes.
 *
 * @param model in the mode that the objective wants
 * @param loss to maximise
 * @param reference labels, or clean probabilities
 */
public record Slope(InputGradients model, Loss loss, Reference reference) {
  /**
   * Several steps. Of a loss that is flat at the source, a sample whose logits are still those of
   * its clean input, as bfloat16 rounds, has no slope where it starts: it goes on in the direction
   * of the start until it has.
   *
   * @param variables of the region; changed in place
   * @param fraction length of a step as a part of the region's size
   * @param filter what becomes of each gradient with respect to the variables
   * @return the inputs {@code [N, ...]} that they stand for
   */
  Tensor climb(
      Region region, Tensor variables, int steps, double fraction, UnaryOperator<Tensor> filter) {
    boolean flat = loss.flatAtSource();
    for (int k = 0; k < steps; k++) {
      try (Scope step = Scope.open()) {
        Tensor gradient = gradient(region, variables, k); // [N, ...]
        Tensor upward = flat ? onward(region, variables, gradient) : gradient; // [N, ...]
        flat = upward != gradient;
        region.trainingStep(variables, filter.apply(upward), fraction);
      }
    }
    return region.apply(variables);
  }

  /**
   * The direction of a step: the gradient, but for samples that have no slope yet, see {@link
   * #climb}.
   */
  Tensor upward(Region region, Tensor variables, int step) {
    Tensor gradient = gradient(region, variables, step);
    return loss.flatAtSource() ? onward(region, variables, gradient) : gradient;
  }

  /**
   * The way from the origin for samples without a gradient; the gradient itself where all have one.
   */
  private static Tensor onward(Region region, Tensor variables, Tensor gradient) {
    Tensor none = gradient.reshape(gradient.size(0), -1).abs().max(1).eq(0); // [N]
    if (none.to(DType.FLOAT32).max().item() == 0) {
      return gradient;
    }
    Tensor rows = none.view(Tensors.perSample(gradient)); // [N, 1, ...]
    return Tensors.where(rows, variables.sub(region.origin()), gradient);
  }

  /**
   * The gradient of the loss with respect to the variables.
   *
   * @param step the number of the step, for the message
   * @throws HoldfastException if logits or gradient are not finite
   */
  public Tensor gradient(Region region, Tensor variables, int step) {
    InputGradients.Pass pass =
        model.pass(region.apply(variables), z -> loss.cotangent(z, reference));
    requireFinite(pass.logits(), "logits", step);
    requireFinite(pass.gradient(), "input gradient", step);
    return region.pullBack(variables, pass.gradient());
  }

  /** Logits {@code [N, K]} at these inputs. */
  Tensor logits(Tensor inputs, int step) {
    Tensor logits = model.logits(inputs);
    requireFinite(logits, "logits", step);
    return logits;
  }

  /** The same for some of the samples, at {@code rows [M]}, int64. */
  Slope at(Tensor rows) {
    return new Slope(model, loss, reference.at(rows));
  }

  private static void requireFinite(Tensor t, String what, int step) {
    if (!t.allFinite()) {
      throw new HoldfastException(
          "training: the "
              + what
              + " of step "
              + step
              + " of the inner maximisation is not finite (NaN or infinity): training has diverged;"
              + " try a smaller learning rate or gradient clipping");
    }
  }
}
