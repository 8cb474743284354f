package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.SearchRule;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Passes;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What training spends, counted: the same on every machine. A pass over a part of an image's pixels
 * counts as that part.
 *
 * @param attackGradients gradients by inputs that searches for adversarial examples take, summed
 *     over samples
 * @param backwardPasses backward passes in all, those of searches included, summed over samples
 */
public record TrainingCost(double attackGradients, double backwardPasses) {
  /** Nothing yet. */
  public static final TrainingCost NONE = new TrainingCost(0, 0);

  /** Two gradients, and the way back through both and through their passes forward. */
  private static final Passes TERM = Passes.of(2, 6);

  public TrainingCost plus(TrainingCost other) {
    return new TrainingCost(
        attackGradients + other.attackGradients, backwardPasses + other.backwardPasses);
  }

  /**
   * Of the first steps of a run. Searches that end early count as if they did not.
   *
   * @param settings of the run
   * @param inner its search
   * @param threat its threat model, null for none
   * @param classes of the model
   * @param samples to train on
   * @param epochs the first so many
   * @param saved share of the samples in whose places saved examples stand, over progress
   * @param area part of the whole inputs that a step computes on, over progress
   */
  public static TrainingCost of(
      TrainSettings settings,
      InnerMaximiser inner,
      @Nullable ThreatModel threat,
      int classes,
      int samples,
      int epochs,
      DoubleUnaryOperator saved,
      DoubleUnaryOperator area) {
    long perEpoch = settings.stepsPerEpoch(samples);
    long all = perEpoch * settings.epochs();
    double attack = 0;
    double backward = 0;
    for (long step = 0; step < Math.min(all, perEpoch * epochs); step++) {
      double z = (double) step / all;
      long k = Math.round(settings.steps().at(z));
      double clean = unsearched(settings.cleanShare().at(z), saved.applyAsDouble(z));
      double search = searching(settings, inner, threat, k, clean, z);
      double part = area.applyAsDouble(z);
      attack += part * search;
      backward += part * (search + beside(settings, threat, classes, z).backward());
    }
    double batch = Math.min(settings.batch(), samples);
    return new TrainingCost(attack * batch, backward * batch);
  }

  /**
   * Passes per sample of one step, those of its searches and of other models left out. Where the
   * weights are perturbed, passes that decide something once for both, such as the predictions that
   * TRADES searches against, count twice.
   *
   * @param classes of the model
   * @param progress of training, in [0, 1]
   */
  private static Passes beside(
      TrainSettings settings, @Nullable ThreatModel threat, int classes, double progress) {
    Passes own = settings.objective().passes(members(threat), progress);
    double bounds = own.linear() * classes;
    Passes once = Passes.of(own.forward() + bounds, own.backward() + bounds);
    if (settings.methods().gradAlign() > 0) {
      once = once.plus(TERM);
    }
    Passes all = once.times(isPerturbed(settings, progress) ? 2 : 1);
    return settings.methods().generalist() == null ? all : all.plus(Passes.CLEAN);
  }

  /**
   * What one sample costs in a step beside the searches, in gradients by inputs, roughly: a pass
   * forward, also of another model, counts as half of one, and one back to all weights as one.
   *
   * @param classes of the model
   * @param progress of training, in [0, 1]
   */
  static double fixed(
      TrainSettings settings, @Nullable ThreatModel threat, int classes, double progress) {
    Passes passes = beside(settings, threat, classes, progress);
    double guide = settings.objective().passes(members(threat), progress).guide();
    double others = guide * (isPerturbed(settings, progress) ? 2 : 1);
    return (passes.forward() + others) / 2 + passes.backward();
  }

  /**
   * The share of samples that are not searched around: saved examples, and clean ones of others.
   */
  static double unsearched(double cleanShare, double saved) {
    return 1 - (1 - cleanShare) * (1 - saved);
  }

  /**
   * Gradients by inputs per sample that the searches of one step take; a pass forward by itself, as
   * that by which a friendly search sees whether it is done or members of a union are compared,
   * counts as half of one. Where the weights are perturbed, objectives that search in a way of
   * their own do so in the second pass as well.
   *
   * @param steps of the search now
   * @param unsearched share of the samples that are not searched around
   * @param progress of training, in [0, 1]
   */
  static double searching(
      TrainSettings settings,
      InnerMaximiser inner,
      @Nullable ThreatModel threat,
      long steps,
      double unsearched,
      double progress) {
    Objective objective = settings.objective();
    int members = members(threat);
    double again = isPerturbed(settings, progress) ? objective.repeated(members, progress) : 0;
    Passes passes = objective.passes(members, progress);
    double once = passes.searches() + passes.tries() / 2;
    if (once == 0) {
      return 0;
    }
    double compared = passes.compared() / 2 * (once + again) / once; // with each search
    return ((once + again) * steps * ofStep(inner.rule()) + compared) * (1 - unsearched);
  }

  /** What one step of a search takes. */
  private static double ofStep(SearchRule rule) {
    if (rule instanceof SearchRule.MultiGrad multi) {
      return multi.points();
    }
    return rule instanceof SearchRule.Friendly ? 1.5 : 1;
  }

  private static boolean isPerturbed(TrainSettings settings, double progress) {
    WeightPerturbation perturbation = settings.methods().perturbation();
    return perturbation != null && perturbation.works(progress);
  }

  private static int members(@Nullable ThreatModel threat) {
    return threat == null ? 1 : threat.members().size();
  }
}
