package io.holdfast.attack.universal;

import io.holdfast.attack.Loss;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Region;
import java.util.List;

/**
 * Projected ascent on the mean clipped loss of all samples, in batches.
 *
 * <p>By {@link Universal.Rule#SGD} a batch gives one gradient and one step (Shafahi et al. 2020,
 * section 3). By {@link Universal.Rule#SGA} an inner perturbation sets out from the present one and
 * takes a step for each small batch, drawn from the batch, whose gradient is that at the inner
 * perturbation as it is by then; the perturbation itself then takes one step along the mean of
 * these gradients (Liu et al. 2023, algorithm 1). Small batches come from {@code iterations}
 * shuffled passes over the batch, where the authors' program draws each anew, so that every sample
 * is asked about equally often.
 *
 * @param plan the settings
 * @param crowd all samples
 */
record AscentOfAll(Universal plan, Crowd crowd) {
  /**
   * The perturbation, {@code [1, ...]}.
   *
   * @param spare queries per sample that are left over in the end
   */
  Tensor made(long spare) {
    Tensor delta = crowd.start(plan.ascent().loss()); // [1, ...]
    Region ball = crowd.ball();
    int cost = plan.rule() == Universal.Rule.SGA ? plan.ascent().iterations() : 1;
    for (int pass = 0; pass < plan.steps() && crowd.mayAsk(spare + cost); pass++) {
      for (int[] batch : crowd.parts(plan.ascent().batch(), "order", pass)) {
        try (Scope scope = Scope.open()) {
          ball.step(delta, direction(ball, delta, batch, pass), plan.ascent().relativeStep());
        }
      }
    }
    return delta;
  }

  private Tensor direction(Region ball, Tensor delta, int[] batch, int pass) {
    Loss loss = new Clipped(plan.ascent().loss(), plan.ascent().clip());
    return plan.rule() == Universal.Rule.SGA
        ? aggregated(ball, delta, batch, pass, loss)
        : crowd.gradient(batch, delta, loss);
  }

  /** The sum of the gradients along the inner perturbation's way, {@code [1, ...]}. */
  private Tensor aggregated(Region ball, Tensor delta, int[] batch, int pass, Loss loss) {
    Tensor inner = delta.clone(); // [1, ...]
    Tensor sum = crowd.nothing(); // [1, ...]
    for (int k = 0; k < plan.ascent().iterations(); k++) {
      List<int[]> parts =
          crowd.parts(
              batch, plan.ascent().innerBatch(), "inner", pass * plan.ascent().iterations() + k);
      for (int[] some : parts) {
        try (Scope scope = Scope.open()) {
          Tensor gradient = crowd.gradient(some, inner, loss); // [1, ...]
          sum.addInPlace(gradient);
          ball.step(inner, gradient, plan.ascent().relativeStep());
        }
      }
    }
    return sum;
  }
}
