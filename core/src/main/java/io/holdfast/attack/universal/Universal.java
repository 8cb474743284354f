package io.holdfast.attack.universal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One perturbation for all samples, made in passes over them by one of three rules:
 *
 * <ul>
 *   <li>{@link Rule#SGD}: projected ascent on the mean clipped loss of one batch after the other
 *       (Shafahi et al. 2020, section 3).
 *   <li>{@link Rule#SGA}: before each of these steps an inner perturbation goes ahead by small
 *       batches, and the step is along the gradients that it met (Liu et al. 2023, algorithm 1).
 *   <li>{@link Rule#DEEPFOOL}: each sample that is not fooled yet adds its own way over the nearest
 *       boundary, until a wanted part is fooled (Moosavi-Dezfooli et al. 2017, algorithm 1).
 * </ul>
 *
 * <p>All go towards a target where the goal has one; with {@link Aim#EACH} one perturbation is made
 * towards each class in turn (a targeted universal perturbation: Hirano and Takemoto 2020, section
 * 2, by the rules of here), from the samples of other labels, and the one that fells most is taken.
 * In an evaluation the samples that it is made for are those it is judged on, those of one chunk
 * together: an attacker who knows them all; {@link KeptPerturbation} judges it on others. Samples
 * that it leaves as they are cost as much as the others.
 *
 * @param rule how it is made
 * @param steps passes over all samples, at least 1; by {@link Rule#DEEPFOOL} at most
 * @param ascent settings of {@link Rule#SGD} and {@link Rule#SGA}
 * @param crossing settings of {@link Rule#DEEPFOOL}
 * @param aim where the perturbation steers
 */
public record Universal(
    Rule rule, int steps, AscentSettings ascent, CrossingSettings crossing, Aim aim)
    implements ListedAttack<Universal>, UniversalAttack {
  /** The registry's line. */
  public static final AttackSpec<Universal> SPEC =
      new AttackSpec<>(
          "uap",
          "one perturbation for all samples, by ascent on their clipped losses or by DeepFool",
          AttackSpec.BALLS,
          "Moosavi-Dezfooli et al. 2017, algorithm 1; Shafahi et al. 2020, section 3; Liu et al."
              + " 2023 (SGA), algorithm 1",
          steps(40),
          knobs());

  /** How the perturbation is made. */
  public enum Rule {
    /** A step along each batch's gradient. */
    SGD,
    /** A step along the gradients that an inner ascent through the batch met. */
    SGA,
    /** The sum of the samples' own ways over their boundaries. */
    DEEPFOOL
  }

  /** Where the perturbation steers. */
  public enum Aim {
    /** Where the goal says. */
    GOAL,
    /** Towards each class in turn, at the cost of all; as {@link #GOAL} where that wants one. */
    EACH
  }

  public Universal {
    if (steps < 1) {
      throw new InvalidInputException(
          "attack uap", "steps", "a whole number of at least 1", Integer.toString(steps));
    }
  }

  /** By {@link Rule#SGD}, with the usual settings. */
  public static Universal steps(int number) {
    return new Universal(Rule.SGD, number, AscentSettings.USUAL, CrossingSettings.USUAL, Aim.GOAL);
  }

  private static List<Knob<Universal>> knobs() {
    List<Knob<Universal>> all = new ArrayList<>();
    all.add(
        Knobs.choice(
            "rule",
            "sgd (a step per batch), sga (with an inner ascent before each step) or deepfool",
            Universal::rule,
            Universal::rule));
    all.add(Knobs.steps(Universal::steps, (u, number) -> Records.with(u, "steps", number)));
    AscentSettings.knobs().forEach(k -> all.add(ascending(k)));
    AscentSettings.innerKnobs().forEach(k -> all.add(inner(k)));
    CrossingSettings.knobs().forEach(k -> all.add(crossing(k)));
    all.add(
        Knobs.choice(
            "targets",
            "classes steered to: goal, or each in turn, of which the strongest is taken",
            Universal::aim,
            Universal::aim));
    return all;
  }

  private static Knob<Universal> ascending(Knob<AscentSettings> knob) {
    return Knobs.where(
        u -> u.rule != Rule.DEEPFOOL,
        "rule is deepfool",
        Knobs.of(Universal::ascent, Universal::with, knob));
  }

  private static Knob<Universal> inner(Knob<AscentSettings> knob) {
    return Knobs.where(
        u -> u.rule == Rule.SGA,
        "rule is not sga",
        Knobs.of(Universal::ascent, Universal::with, knob));
  }

  private static Knob<Universal> crossing(Knob<CrossingSettings> knob) {
    return Knobs.where(
        u -> u.rule == Rule.DEEPFOOL,
        "rule is not deepfool",
        Knobs.of(Universal::crossing, Universal::with, knob));
  }

  public Universal rule(Rule way) {
    return Records.with(this, "rule", way);
  }

  public Universal with(AscentSettings settings) {
    return Records.with(this, "ascent", settings);
  }

  public Universal with(CrossingSettings settings) {
    return Records.with(this, "crossing", settings);
  }

  public Universal aim(Aim where) {
    return Records.with(this, "aim", where);
  }

  @Override
  public AttackSpec<Universal> spec() {
    return SPEC;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public SampleScope scope() {
    return SampleScope.UNIVERSAL;
  }

  /** {@link Rule#DEEPFOOL} follows differences of scores close to the boundary. */
  @Override
  public boolean exact() {
    return rule == Rule.DEEPFOOL;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    if (threat.members().size() > 1) {
      throw new InvalidInputException(
          "attack " + key(), "", "one ball, not a union", threat.set().key());
    }
    int least = ascent.loss().minClasses(threat.goal().targeted() || aim == Aim.EACH);
    if (classes < least && rule != Rule.DEEPFOOL) {
      throw new InvalidInputException(
          "attack " + key(), "loss", "a model of at least " + least + " classes", "" + classes);
    }
  }

  @Override
  public Tensor perturbation(AttackTask task) {
    if (aim == Aim.GOAL || task.threat().goal().targeted()) {
      return made(Crowd.all(task), 0);
    }
    Tensor best = Crowd.all(task).nothing(); // [1, ...]
    int most = -1;
    for (int wanted = 0; wanted < task.classes() && task.queriesLeft() > 1; wanted++) {
      Tensor delta = made(Crowd.towards(task, wanted), 1); // [1, ...]
      int fell = fallen(task, Crowd.moved(task, delta));
      best = fell > most ? delta : best;
      most = Math.max(most, fell);
    }
    return best;
  }

  @Override
  public Tensor applied(AttackTask task, Tensor perturbation) {
    return Crowd.moved(task, perturbation);
  }

  @Override
  public Knowledge needsToApply() {
    return Knowledge.DECISION;
  }

  @Override
  public void checkPerturbation(long[] perturbation, long[] input) {
    if (!Arrays.equals(Arrays.copyOfRange(perturbation, 1, perturbation.length), input)) {
      throw new InvalidInputException(
          "attack " + key(),
          "perturbation",
          "of the model's inputs, " + Arrays.toString(input),
          Arrays.toString(perturbation));
    }
  }

  private static int fallen(AttackTask task, Tensor x) {
    try (Scope scope = Scope.open()) {
      int[] all = IntStream.range(0, task.size()).toArray();
      boolean[] reached = task.reached(task.logits(x), all);
      return (int) IntStream.of(all).filter(i -> reached[i]).count();
    }
  }

  /**
   * One perturbation, {@code [1, ...]}.
   *
   * @param spare queries per sample that are left over
   */
  private Tensor made(Crowd crowd, long spare) {
    return rule == Rule.DEEPFOOL
        ? new CrossingOfAll(crossing, steps, crowd).made(spare)
        : new AscentOfAll(this, crowd).made(spare);
  }
}
