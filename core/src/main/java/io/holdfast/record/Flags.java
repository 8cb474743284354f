package io.holdfast.record;

import io.holdfast.record.Scoring.Attack;
import io.holdfast.record.Scoring.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Signs that a scorecard does not mean what it seems to say, in plain words. */
final class Flags {
  private static final int FEW = 100;
  private static final double CONSTANT = 0.99;

  private final ScorecardContext context;
  private final List<Sample> all;
  private final List<Sample> common;
  private final Collection<Attack> attacks;
  private final Map<String, Long> incomplete;
  private final List<String> flags = new ArrayList<>();

  /**
   * @param all every sample
   * @param common those that every attack was tried on
   * @param incomplete samples without a verdict, by attack, where time ran out
   */
  Flags(
      ScorecardContext context,
      List<Sample> all,
      List<Sample> common,
      Collection<Attack> attacks,
      Map<String, Long> incomplete) {
    this.context = context;
    this.all = all;
    this.common = common;
    this.attacks = attacks;
    this.incomplete = incomplete;
  }

  List<String> list() {
    flags.addAll(context.observations());
    flagConstantPredictor();
    flagRobustAboveClean();
    attacks.forEach(this::flagUnmoved);
    if (incomplete.isEmpty()) {
      flagCoverage();
    }
    flagIncomplete();
    flagTraining();
    if (all.size() < FEW) {
      flag("few samples: %d; the intervals are wide", all.size());
    }
    return flags;
  }

  private void flagConstantPredictor() {
    Map<Integer, Long> predictions = new HashMap<>();
    Map<Integer, Long> labels = new HashMap<>();
    for (Sample sample : all) {
      predictions.merge(sample.clean().prediction(), 1L, Long::sum);
      labels.merge(sample.clean().label(), 1L, Long::sum);
    }
    predictions.forEach(
        (prediction, count) -> {
          boolean constant = count >= CONSTANT * all.size();
          if (constant && labels.size() > 1 && labels.getOrDefault(prediction, 0L) < count) {
            flag(
                "constant predictor: %d of %d clean samples are predicted as class %s; its accuracy"
                    + " is the share of that class and its robustness means nothing",
                count, all.size(), name(prediction));
          }
        });
  }

  private void flagRobustAboveClean() {
    double clean = share(all.stream().filter(s -> s.clean().right()).count(), all.size());
    for (Attack attack : attacks) {
      double robust = attack.robust().value();
      if (robust > clean) {
        flag(
            "robust above clean: %s leaves %.1f%% right, more than the %.1f%% right when clean; the"
                + " two figures are not about the same samples",
            attack.key.attempt(), 100 * robust, 100 * clean);
      }
    }
  }

  private void flagUnmoved(Attack attack) {
    boolean unmoved =
        attack.key.epsilon() > 0 && attack.held > 0 && attack.unmoved == attack.attacked();
    if (unmoved && !context.givesBackClean().contains(attack.key.attempt())) {
      flag(
          "attack without effect: %s left all %d samples it attacked unchanged; its gradients may be"
              + " zero, not finite or masked, or its queries too few for a step, and its robust"
              + " accuracy means nothing",
          attack.key.attempt(), attack.attacked());
    }
  }

  private void flagCoverage() {
    for (Attack attack : attacks) {
      if (attack.n() < all.size()) {
        flag(
            "attack on a part: %s was tried on %d of %d samples; the worst case over all attacks is"
                + " taken over the %d samples that every attack was tried on",
            attack.key.attempt(), attack.n(), all.size(), common.size());
      }
    }
  }

  private void flagIncomplete() {
    incomplete.forEach(
        (attack, missing) ->
            flag(
                "incomplete: the budget of time ended before %s had judged %d of %d samples, %s;"
                    + " robust accuracy is an upper bound",
                attack, missing, all.size(), counted(attack, missing)));
  }

  /** How those without a final verdict count. */
  private String counted(String attack, long missing) {
    long fallen = context.soFar().getOrDefault(attack, 0L);
    return fallen == 0
        ? "which count as holding"
        : String.format(
            Locale.ROOT,
            "of which %d have fallen, to changes of which smaller ones may be found, and %d count"
                + " as holding",
            fallen,
            missing - fallen);
  }

  private void flagTraining() {
    boolean allSeen =
        attacks.stream()
            .allMatch(a -> Boolean.TRUE.equals(context.trainedOn().has(a.key.attempt())));
    if (allSeen && !attacks.isEmpty()) {
      flag(
          "no unseen attack: the model was trained on every attack of this evaluation, or on one of"
              + " its family; other attacks may do better");
    }
  }

  private String name(int prediction) {
    return prediction < 0 ? "none" : Scoring.className(context, prediction);
  }

  private static double share(long count, long n) {
    return (double) count / n;
  }

  private void flag(String format, Object... values) {
    flags.add(String.format(Locale.ROOT, format, values));
  }
}
