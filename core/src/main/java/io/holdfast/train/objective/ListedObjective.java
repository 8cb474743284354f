package io.holdfast.train.objective;

/**
 * An objective of the registry; its name follows from its line there.
 *
 * @param <O> the objective's own class, which has {@code equals} and a {@code toString} that tells
 *     all its settings: both are part of what makes runs equal
 */
public interface ListedObjective<O extends ListedObjective<O>> extends Objective {
  /** The objective's line in the registry. */
  ObjectiveSpec<O> spec();

  /** The most that a step costs, against a threat model that is no union. */
  Passes passes();

  @Override
  default Passes passes(int members, double progress) {
    return passes().over(members);
  }

  @Override
  default boolean takesSteps() {
    return passes().searches() > 0;
  }

  @Override
  default String name() {
    return spec().name();
  }
}
