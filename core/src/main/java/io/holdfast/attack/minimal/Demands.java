package io.holdfast.attack.minimal;

import io.holdfast.common.Problems;

/** What the settings of an attack must satisfy; all that is wrong is told at once. */
final class Demands {
  private final Problems problems;

  Demands(String attack) {
    problems = new Problems("attack " + attack);
  }

  /** A whole number of at least 1. */
  Demands count(String field, int value) {
    if (value < 1) {
      problems.add(field, "a whole number of at least 1", Integer.toString(value));
    }
    return this;
  }

  /** A number in [low, high]. */
  Demands within(String field, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      problems.add(field, "a number in [" + low + ", " + high + "]", Double.toString(value));
    }
    return this;
  }

  /** What else a number must be. */
  Demands other(String field, boolean holds, String expected, double value) {
    if (!holds) {
      problems.add(field, expected, Double.toString(value));
    }
    return this;
  }

  /**
   * Refuses what was found wrong.
   *
   * @throws io.holdfast.common.InvalidInputException naming every setting that does not fit
   */
  void require() {
    problems.throwIfAny();
  }
}
