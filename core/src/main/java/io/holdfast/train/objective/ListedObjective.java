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

  /** What a step costs. */
  Passes passes();

  @Override
  default String name() {
    return spec().name();
  }
}
