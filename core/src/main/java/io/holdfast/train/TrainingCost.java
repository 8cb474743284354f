package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.SearchRule;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.Passes;

/**
 * What training spends, counted: the same on every machine.
 *
 * @param attackGradients gradients by inputs that searches for adversarial examples take, summed
 *     over samples
 * @param backwardPasses backward passes in all, those of searches included, summed over samples
 */
public record TrainingCost(double attackGradients, double backwardPasses) {
  /** Nothing yet. */
  public static final TrainingCost NONE = new TrainingCost(0, 0);

  private static final double TERM = 4; // of two gradients that are derived again

  public TrainingCost plus(TrainingCost other) {
    return new TrainingCost(
        attackGradients + other.attackGradients, backwardPasses + other.backwardPasses);
  }

  /**
   * Of the first steps of a run. Searches that end early count as if they did not.
   *
   * @param settings of the run
   * @param inner its search
   * @param samples to train on
   * @param epochs the first so many
   */
  public static TrainingCost of(
      TrainSettings settings, InnerMaximiser inner, int samples, int epochs) {
    long perEpoch = settings.stepsPerEpoch(samples);
    long all = perEpoch * settings.epochs();
    Passes passes =
        settings.objective() instanceof ListedObjective<?> listed
            ? listed.passes()
            : settings.objective().adversarial() ? Passes.CLEAN.searching(1) : Passes.CLEAN;
    double points = inner.rule() instanceof SearchRule.MultiGrad multi ? multi.points() : 1;
    double attack = 0;
    double backward = 0;
    for (long step = 0; step < Math.min(all, perEpoch * epochs); step++) {
      double z = (double) step / all;
      double k = Math.round(settings.steps().at(z)) * points;
      double search = passes.searches() * k * (1 - settings.cleanShare().at(z));
      double twice = settings.methods().perturbation() == null ? 1 : 2;
      double term = settings.methods().gradAlign() > 0 ? TERM : 0;
      double expert = settings.methods().generalist() == null ? 0 : 1;
      attack += search;
      backward += search + twice * (passes.backward() + term) + expert;
    }
    double batch = Math.min(settings.batch(), samples);
    return new TrainingCost(attack * batch, backward * batch);
  }
}
