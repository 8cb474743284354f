package io.holdfast.attack.universal;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import io.holdfast.threat.Region;

/**
 * The first universal perturbation (Moosavi-Dezfooli et al. 2017, algorithm 1): pass after pass
 * over the samples, each that the perturbation does not fool yet adds its own way over the nearest
 * boundary, by DeepFool in L2 whatever the ball, and the sum is projected; until the wanted part of
 * them is fooled. A sample whose boundary is not reached in the steps that it has adds nothing, as
 * in the authors' program. The part may fall again from one pass to the next: where passes run out
 * the best of their perturbations is taken.
 *
 * @param settings of the rule
 * @param passes at most
 * @param crowd all samples
 */
record CrossingOfAll(CrossingSettings settings, int passes, Crowd crowd) {
  /** For looks at a sample before and after a step, the step, and the look after the pass. */
  private static final int LEAST = 4;

  /**
   * The perturbation, {@code [1, ...]}.
   *
   * @param spare queries per sample that are left over in the end
   */
  Tensor made(long spare) {
    Tensor delta = crowd.nothing(); // [1, ...]
    Tensor best = crowd.nothing(); // [1, ...]
    Region ball = crowd.ball();
    int most = 0;
    boolean enough = false;
    for (int pass = 0; pass < passes && !enough && crowd.mayAsk(spare + LEAST); pass++) {
      for (int[] one : crowd.parts(1, "order", pass)) {
        add(ball, delta, one, spare + 1);
      }
      int fooled = crowd.fooled(delta);
      if (fooled > most) {
        most = fooled;
        best.copyFrom(delta);
      }
      enough = fooled >= settings.rate() * crowd.size();
    }
    return best;
  }

  private void add(Region ball, Tensor delta, int[] one, long spare) {
    try (Scope scope = Scope.open()) {
      AttackTask sample = crowd.part(one);
      int steps = (int) Math.min(settings.walk().steps(), (sample.queriesLeft() - spare - 1) / 2);
      if (steps > 0) {
        Tensor from = Crowd.moved(sample, delta); // [1, ...]
        delta.addInPlace(settings.walk().steps(steps).cross(sample, from, Norm.L2));
        ball.project(delta);
      }
    }
  }
}
