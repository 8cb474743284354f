package io.holdfast.train.objective;

import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Projected ascent of one sample's loss in plain loops, with slopes by differences. The domain is
 * too wide to be in the way.
 */
final class TwinAscent {
  private static final double H = 1e-6;

  private TwinAscent() {}

  /** The derivative of a loss by its input. */
  static double[] slope(ToDoubleFunction<double[]> loss, double[] x) {
    double[] g = new double[x.length];
    for (int k = 0; k < x.length; k++) {
      double[] up = x.clone();
      double[] down = x.clone();
      up[k] += H;
      down[k] -= H;
      g[k] = (loss.applyAsDouble(up) - loss.applyAsDouble(down)) / (2 * H);
    }
    return g;
  }

  /** So many steps of a part of a ball's radius. */
  static double[] climb(
      ToDoubleFunction<double[]> loss,
      Additive ball,
      double[] clean,
      double[] start,
      int steps,
      double fraction) {
    double[] x = start;
    for (int k = 0; k < steps; k++) {
      x = step(ball, clean, x, slope(loss, x), fraction);
    }
    return x;
  }

  /** Along the steepest way of a ball, then to the ball's nearest point. */
  static double[] step(Additive ball, double[] clean, double[] x, double[] slope, double fraction) {
    double length = fraction * ball.epsilon();
    double[] way =
        ball.norm() == Norm.LINF
            ? DoubleStream.of(slope).map(Math::signum).toArray()
            : TwinCase.unit(slope);
    double[] change = TwinCase.plus(TwinCase.plus(x, clean, -1), way, length);
    return TwinCase.plus(clean, nearest(ball, change), 1);
  }

  private static double[] nearest(Additive ball, double[] change) {
    double size = ball.epsilon();
    return switch (ball.norm()) {
      case LINF -> DoubleStream.of(change).map(d -> Math.min(Math.max(d, -size), size)).toArray();
      case L2 -> TwinCase.times(change, Math.min(1, size / distance(ball, change)));
      default -> throw new IllegalArgumentException("no twin of " + ball.norm());
    };
  }

  /** The size of a change in a ball's norm. */
  static double distance(Additive ball, double[] change) {
    return switch (ball.norm()) {
      case LINF -> DoubleStream.of(change).map(Math::abs).max().orElseThrow();
      case L2 -> Math.sqrt(TwinCase.square(change));
      default -> throw new IllegalArgumentException("no twin of " + ball.norm());
    };
  }
}
