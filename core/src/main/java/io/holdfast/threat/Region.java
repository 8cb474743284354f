package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * A perturbation set around a batch of N inputs, inside the domain, as attacks and training work on
 * it. They move <em>variables</em>: for additive sets the perturbed inputs themselves, for
 * parametric ones the parameters. Results belong to the innermost open scope; a region belongs to
 * the scope it was made in and is used by one thread.
 */
public interface Region {
  /** The unperturbed inputs {@code [N, ...]}. */
  Tensor clean();

  /** Fresh variables that stand for the clean inputs. */
  Tensor origin();

  /**
   * Fresh variables drawn at random from the whole set, then projected into the domain.
   *
   * @param seeds one per input; the result for an input depends on its own alone
   */
  Tensor randomStart(List<Seed> seeds);

  /** The inputs {@code [N, ...]} that the variables stand for. */
  Tensor apply(Tensor variables);

  /** The gradient with respect to the variables, given that with respect to the inputs. */
  Tensor pullBack(Tensor variables, Tensor gradient);

  /**
   * Moves the variables, in place, in the direction in which the objective rises most per unit of
   * the set's own distance, then projects them.
   *
   * @param gradient with respect to the variables; finite
   * @param fraction length of the step as a part of epsilon
   */
  void step(Tensor variables, Tensor gradient, double fraction);

  /**
   * As {@link #step}, for searches on whose results a model is trained: in the L1 ball it changes
   * many values by little where the steepest step changes few by much, to which models overfit.
   */
  default void trainingStep(Tensor variables, Tensor gradient, double fraction) {
    step(variables, gradient, fraction);
  }

  /** Moves the variables, in place, to the nearest admissible ones. */
  void project(Tensor variables);

  /**
   * Goes on with some of the inputs only. The storage is reused: {@link #clean} moves its rows up.
   *
   * @param positions ascending positions of those that stay, int64 {@code [M]}
   * @param owner of the views that this region holds from now on
   */
  void retain(Tensor positions, SharedScope owner);

  /**
   * A view of {@code t [N, ...]} whose first rows are those at {@code positions}, moved there in
   * place; the others are lost.
   *
   * @param owner of the view
   */
  static Tensor moveUp(Tensor t, Tensor positions, SharedScope owner) {
    try (Scope scope = Scope.open()) {
      Tensor front = t.slice(0, 0, positions.size(0)); // [M, ...]
      front.copyFrom(t.indexSelect(0, positions));
      return owner.adopt(front);
    }
  }
}
