package io.holdfast.attack.blackbox.decision;

import io.holdfast.common.Problems;

/** Checks of settings, all problems at once. */
final class Ranges {
  private Ranges() {}

  static void atLeastOne(Problems problems, String field, int value) {
    if (value < 1) {
      problems.add(field, "a whole number of at least 1", Integer.toString(value));
    }
  }

  static void within(Problems problems, String field, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      problems.add(field, "a number in [" + low + ", " + high + "]", Double.toString(value));
    }
  }
}
