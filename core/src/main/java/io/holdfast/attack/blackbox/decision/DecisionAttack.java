package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.ListedAttack;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;

/**
 * An attack that hears the predicted class only and looks for the smallest change, one {@link Walk}
 * per sample and round. It never asks how large epsilon is: a sample falls as soon as a point
 * inside the ball reaches the goal, and without a limit the nearest such point is the result.
 */
public interface DecisionAttack<A extends DecisionAttack<A>> extends ListedAttack<A> {
  /** Queries, start and restarts. */
  Effort effort();

  /** The same with other ones. */
  A effort(Effort other);

  /** The search around one sample. */
  Walk walk(Site site);

  /** The same with this many queries per round. */
  default A queries(int number) {
    return effort(new Effort(number, effort().start(), effort().restarts()));
  }

  /** The same from another start. */
  default A start(Start other) {
    return effort(new Effort(effort().queries(), other, effort().restarts()));
  }

  /** The same with this many rounds. */
  default A restarts(int number) {
    return effort(new Effort(effort().queries(), effort().start(), number));
  }

  @Override
  default int restarts() {
    return effort().restarts();
  }

  @Override
  default Knowledge needs() {
    return Knowledge.DECISION;
  }

  /** In bfloat16 the boundary lies elsewhere, and points near to it are one and the same. */
  @Override
  default boolean exact() {
    return true;
  }

  @Override
  default boolean seeksSmallest() {
    return true;
  }

  @Override
  default Tensor perturb(AttackTask task) {
    return DecisionSearch.walk(task, effort(), this::walk);
  }
}
