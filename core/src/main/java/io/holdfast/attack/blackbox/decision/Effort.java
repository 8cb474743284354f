package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Problems;
import java.util.ArrayList;
import java.util.List;

/**
 * The settings that all decision-based attacks share.
 *
 * @param queries most per sample and round, at least 1; a smaller query budget of the threat model
 *     cuts them short
 * @param start where a walk begins
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Effort(int queries, Start start, int restarts) {
  public Effort {
    Problems problems = new Problems("attack");
    if (queries < 1) {
      problems.add("queries", "a whole number of at least 1", Integer.toString(queries));
    }
    if (restarts < 1) {
      problems.add("restarts", "a whole number of at least 1", Integer.toString(restarts));
    }
    problems.throwIfAny();
  }

  /** One round from a start of any kind. */
  public static Effort queries(int number) {
    return new Effort(number, Start.AUTO, 1);
  }

  /** {@code queries}, the attack's own settings, {@code start} and {@code restarts}. */
  static <A extends DecisionAttack<A>> List<Knob<A>> knobs(List<Knob<A>> own) {
    List<Knob<A>> all = new ArrayList<>(own.size() + 3);
    all.add(queriesKnob());
    all.addAll(own);
    all.add(
        Knobs.choice(
            "start",
            "where to begin: noise, images of other classes, or what suits the goal",
            a -> a.effort().start(),
            DecisionAttack::start));
    all.add(restartsKnob());
    return all;
  }

  static <A extends DecisionAttack<A>> Knob<A> queriesKnob() {
    return Knobs.count(
        "queries",
        "queries per round, at least 1",
        a -> a.effort().queries(),
        DecisionAttack::queries);
  }

  static <A extends DecisionAttack<A>> Knob<A> restartsKnob() {
    return Knobs.restarts(DecisionAttack::restarts);
  }
}
