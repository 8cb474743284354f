package io.holdfast.data.image.corruption;

import java.util.random.RandomGenerator;

/** Grows ice crystals on a pane {@code [h, w]}; lengths follow from the shorter side. */
final class Crystals {
  private static final int NEEDLES = 14;
  private static final double TURN = Math.PI / 3; // of ice
  private static final double ROUGH = 1.25;

  private final int h;
  private final int w;
  private final double side;
  private final RandomGenerator random;
  private final float[] needles; // [h w] in [0, 1]

  Crystals(int h, int w, RandomGenerator random) {
    this.h = h;
    this.w = w;
    this.random = random;
    side = Math.min(h, w);
    needles = new float[h * w];
  }

  /** Brightness of the ice {@code [h w]} in [0, 1]. */
  float[] grow() {
    double level = random.nextDouble(0.4, 0.7); // thin ice is dark
    float[] rime = Plasma.cloud(h, w, ROUGH, random); // [h w]
    for (int i = 0; i < NEEDLES; i++) {
      needleFromEdge();
    }
    float[] ice = new float[h * w];
    for (int i = 0; i < ice.length; i++) {
      ice[i] = Levels.clip(level + 0.35 * (rime[i] - 0.5) + needles[i] * (0.1 + 0.2 * rime[i]));
    }
    return ice;
  }

  private void needleFromEdge() {
    double along = random.nextDouble(0, 2.0 * (h + w));
    double x = Math.min(along, w) - Math.max(0, Math.min(along - w - h, w));
    double y = Math.max(0, Math.min(along - w, h)) - Math.max(0, along - 2.0 * w - h);
    double inwards = StrictMath.atan2(h / 2.0 - y, w / 2.0 - x);
    double angle = inwards + random.nextDouble(-0.8, 0.8);
    needle(x, y, angle, side * random.nextDouble(0.35, 0.9), 2);
  }

  /** A needle and, shorter towards its tip, those at its sides. */
  private void needle(double x, double y, double angle, double length, int depth) {
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    double step = Math.max(1, side / 26);
    for (double t = step; depth > 0 && t < length; t += step) {
      double branch = (length - t) * random.nextDouble(0.15, 0.5);
      double turn = random.nextBoolean() ? TURN : -TURN;
      if (branch > 1) {
        needle(x + t * cos, y + t * sin, angle + turn, branch, depth - 1);
      }
    }
    double width = Math.max(0.7, side / 150) * (1 + depth) / 2;
    for (double t = 0; t < length; t += 0.5) {
      dot(x + t * cos, y + t * sin, width * (1 - 0.6 * t / length), 0.55 + 0.2 * depth);
    }
  }

  /** A soft dot; where needles cross the brighter one shows. */
  private void dot(double x, double y, double radius, double brightness) {
    int reach = (int) Math.ceil(radius + 0.5);
    for (int r = (int) y - reach; r <= (int) y + reach; r++) {
      for (int q = (int) x - reach; q <= (int) x + reach; q++) {
        if (r >= 0 && r < h && q >= 0 && q < w) {
          double distance = Math.sqrt((r - y) * (r - y) + (q - x) * (q - x));
          double light = brightness * Levels.clip(radius + 0.5 - distance);
          needles[r * w + q] = Math.max(needles[r * w + q], (float) light);
        }
      }
    }
  }
}
