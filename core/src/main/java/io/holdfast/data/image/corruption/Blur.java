package io.holdfast.data.image.corruption;

import io.holdfast.data.image.Border;
import io.holdfast.data.image.ImageTransform;
import java.util.random.RandomGenerator;

/** Ways to lose sharpness; lengths are in pixels. */
final class Blur {
  private Blur() {}

  /** A normal window of four deviations, with the edge repeated. */
  record Gaussian(double deviation) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      Levels.perPlane(pixels, h * w, plane -> gaussian(plane, h, w, deviation, 4, Border.NEAREST));
    }
  }

  /** A lens out of focus. */
  record Defocus(Kernel kernel) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      Levels.perPlane(pixels, h * w, plane -> kernel.over(plane, h, w, Border.MIRROR));
    }
  }

  /**
   * Frosted glass: between two light normal blurs every pixel but those at the edges takes the
   * value of a random neighbour. (The original means to exchange both, but its exchange of views
   * leaves the neighbour as it is, and so are its published images.)
   *
   * @param reach farthest neighbour, at least 1
   */
  record Glass(double deviation, int reach, int iterations) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      ImageTransform soft = new Gaussian(deviation);
      soft.apply(pixels, c, h, w, random);
      for (int i = 0; i < iterations; i++) {
        for (int y = h - reach; y > reach; y--) {
          for (int x = w - reach; x > reach; x--) {
            int dx = random.nextInt(-reach, reach);
            int dy = random.nextInt(-reach, reach);
            copy(pixels, h * w, y * w + x, (y + dy) * w + x + dx);
          }
        }
      }
      soft.apply(pixels, c, h, w, random);
    }

    private static void copy(float[] pixels, int plane, int to, int from) {
      for (int start = 0; start < pixels.length; start += plane) {
        pixels[start + to] = pixels[start + from];
      }
    }
  }

  /** A straight movement at a random angle within 45 degrees of the horizontal. */
  record Motion(double radius, double deviation) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      double angle = random.nextDouble(-45, 45);
      Levels.perPlane(pixels, h * w, plane -> motion(plane, h, w, radius, deviation, angle));
    }
  }

  /**
   * The mean of the image and of enlarged ones, by 1, 1 + step, 1 + 2 step and so on.
   *
   * @param count of enlarged ones
   */
  record Zoom(int count, double step) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      double[] sums = new double[pixels.length];
      double rounded = 1 + step - 1; // as the original adds it up: 1.25 comes out a little larger
      for (int k = -1; k < count; k++) {
        float[] larger = k <= 0 ? pixels : Enlarged.by(1 + k * rounded, pixels, h, w);
        for (int i = 0; i < sums.length; i++) {
          sums[i] += larger[i];
        }
      }
      for (int i = 0; i < sums.length; i++) {
        pixels[i] = Levels.clip(sums[i] / (count + 1));
      }
    }
  }

  /**
   * One channel {@code [h, w]} under a normal window, rows and columns in turn.
   *
   * @param cut where the window ends, in deviations
   */
  static float[] gaussian(
      float[] plane, int h, int w, double deviation, double cut, Border border) {
    int reach = (int) (cut * deviation + 0.5);
    double[] window = Kernel.window(reach, deviation);
    double[] across = new double[plane.length];
    double[] both = new double[plane.length];
    for (int k = -reach; k <= reach; k++) {
      Kernel.shift(plane, h, w, 0, k, border, window[reach + k], across);
    }
    float[] half = Kernel.narrow(across);
    for (int k = -reach; k <= reach; k++) {
      Kernel.shift(half, h, w, k, 0, border, window[reach + k], both);
    }
    return Kernel.narrow(both);
  }

  /**
   * One channel {@code [h, w]} moved along a line, with weights that fall as half a normal window;
   * each step is rounded to whole pixels, as ImageMagick does it.
   *
   * @param degrees from the horizontal, downwards
   */
  static float[] motion(
      float[] plane, int h, int w, double radius, double deviation, double degrees) {
    int taps = 2 * (int) Math.ceil(radius) + 1;
    double[] window = Kernel.window(taps - 1, deviation); // its right half
    double sum = 0;
    for (int i = 0; i < taps; i++) {
      sum += window[taps - 1 + i];
    }
    double[] moved = new double[plane.length];
    double cos = StrictMath.cos(StrictMath.toRadians(degrees));
    double sin = StrictMath.sin(StrictMath.toRadians(degrees));
    for (int i = 0; i < taps; i++) {
      int dx = (int) Math.ceil(i * cos - 0.5);
      int dy = (int) Math.ceil(i * sin - 0.5);
      Kernel.shift(plane, h, w, dy, dx, Border.NEAREST, window[taps - 1 + i] / sum, moved);
    }
    return Kernel.narrow(moved);
  }
}
