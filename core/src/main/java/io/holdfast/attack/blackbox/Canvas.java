package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackTask;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;

/**
 * What the walks of one task have in common: images {@code [C, H, W]} in row-major order, and the
 * ball around them.
 *
 * @param channels C
 * @param height H
 * @param width W
 * @param norm of the ball
 * @param epsilon its radius in the units of the input
 * @param domain of every value
 */
record Canvas(int channels, int height, int width, Norm norm, double epsilon, Domain domain) {
  static Canvas of(AttackTask task) {
    long[] shape = task.region().clean().shape(); // [n, C, H, W]
    Additive ball = (Additive) task.threat().set();
    return new Canvas(
        (int) shape[1],
        (int) shape[2],
        (int) shape[3],
        ball.norm(),
        ball.epsilon(),
        task.threat().domain());
  }

  /** Number of values D of an image. */
  int size() {
    return channels * height * width;
  }

  /** Where a value lies in the array of an image. */
  int at(int channel, int row, int column) {
    return (channel * height + row) * width + column;
  }

  /** The nearest value of the domain. */
  float clamp(double value) {
    return (float) Math.min(domain.high(), Math.max(domain.low(), value));
  }
}
