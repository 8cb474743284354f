package io.holdfast.report;

import io.holdfast.record.Rate;

/**
 * The difference of two accuracies with its 95% interval, by Newcombe's hybrid score method
 * ("Interval estimation for the difference between independent proportions", 1998, method 10).
 * Where both models saw the same images the interval is too wide rather than too narrow.
 */
record Difference(double value, double lo, double hi) {

  static Difference of(Rate before, Rate after) {
    double value = after.value() - before.value();
    double below =
        Math.hypot(after.value() - after.interval().lo(), before.interval().hi() - before.value());
    double above =
        Math.hypot(after.interval().hi() - after.value(), before.value() - before.interval().lo());
    return new Difference(value, value - below, value + above);
  }
}
