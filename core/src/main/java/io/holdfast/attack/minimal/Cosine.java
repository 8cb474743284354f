package io.holdfast.attack.minimal;

/**
 * From one value to another along half a cosine (Loshchilov and Hutter 2017, section 3, without
 * restarts).
 *
 * @param from at step 0
 * @param to what would be at step {@code steps}
 * @param steps at least 1
 */
record Cosine(double from, double to, int steps) {
  double at(int step) {
    return to + (from - to) * (1 + Math.cos(Math.PI * step / steps)) / 2;
  }
}
