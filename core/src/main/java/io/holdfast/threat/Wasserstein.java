package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * Images that are reached by moving brightness between near pixels (Wong et al. 2019, sections 2
 * and 3.3): no mass appears or vanishes, every channel moves by itself, mass goes no further than
 * the window lets it, and the way that all of it goes, in pixels, is at most epsilon times the
 * image's mass, so that 0.1 moves a tenth of the image by one pixel. Mass is what a value lies
 * above the domain's lower end; no value rises above the upper end.
 *
 * <p>Variables are the transport plan itself: how much of each pixel's mass, as a part of the
 * domain's width, goes to each of its neighbours, {@code [N, C, window^2 - 1, H, W]}, with the
 * neighbours of a window in rows, its middle left out. Kept with an example is the plan without its
 * zeros. The independent check therefore needs no solver: it adds the plan up in double. Images are
 * {@code [N, C, H, W]}.
 *
 * @param epsilon the mean way of the image's mass in pixels, at least 0
 * @param window side of the square of pixels that mass may reach, odd, 3 to 31
 */
public record Wasserstein(double epsilon, int window) implements PerturbationSet {
  /** The name in files. */
  public static final String NAME = "wasserstein";

  /** The window of Wong et al. */
  static final int WINDOW = 5;

  static final int WIDEST = 31;

  /** How far rounding to float32 may carry sums of a plan, in units of 1 + the sum. */
  static final double TOLERANCE = 1e-5;

  public Wasserstein {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("epsilon: a finite number of at least 0, not " + epsilon);
    }
    if (window < 3 || window > WIDEST || window % 2 == 0) {
      throw new InvalidInputException(
          "threat model " + NAME,
          "window",
          "an odd number from 3 to " + WIDEST,
          Integer.toString(window));
    }
  }

  /** With windows of 5 by 5 pixels. */
  public Wasserstein(double epsilon) {
    this(epsilon, WINDOW);
  }

  @Override
  public String key() {
    return NAME + ":" + Additive.number(epsilon) + "/" + window;
  }

  @Override
  public String describe() {
    return "move the image's brightness by "
        + Additive.number(epsilon)
        + " pixels on average, within windows of "
        + window
        + " by "
        + window
        + " pixels";
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "epsilon", epsilon, "window", window);
  }

  @Override
  public Wasserstein scaled(double factor) {
    return new Wasserstein(epsilon * factor, window);
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    if (clean.rank() != 4) {
      throw new InvalidInputException(
          "threat model " + key(),
          "perturbation",
          "inputs that are images [C, H, W]",
          "inputs of shape " + Arrays.toString(clean.shape()));
    }
    return new WassersteinRegion(this, clean, domain);
  }

  @Override
  public boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    int neighbours = window * window - 1;
    double[] plan = Witness.plan(variables, clean.length * neighbours);
    if (clean.length != other.length
        || shape.length != 3
        || plan.length == 0
        || !domain.contains(other, Additive.TOLERANCE)) {
      return false;
    }
    int height = Math.toIntExact(shape[1]);
    int width = Math.toIntExact(shape[2]);
    double[] leaving = new double[clean.length];
    double[] arriving = new double[clean.length];
    double way = 0;
    for (int i = 0; i < plan.length; i++) {
      int pixel = i % (height * width);
      int neighbour = i / (height * width) % neighbours;
      int place = neighbour < neighbours / 2 ? neighbour : neighbour + 1; // the middle left out
      int down = place / window - window / 2;
      int right = place % window - window / 2;
      int row = pixel / width + down;
      int column = pixel % width + right;
      boolean inside = row >= 0 && row < height && column >= 0 && column < width;
      if (!(plan[i] >= 0) || (plan[i] > 0 && !inside)) {
        return false;
      }
      int plane = i / (height * width * neighbours) * height * width;
      if (inside) {
        leaving[plane + pixel] += plan[i];
        arriving[plane + row * width + column] += plan[i];
        way += plan[i] * Math.sqrt(down * down + right * right);
      }
    }
    double total = 0;
    for (int i = 0; i < clean.length; i++) {
      double mass = (clean[i] - domain.low()) / domain.width();
      double moved = mass - leaving[i] + arriving[i];
      double found = (other[i] - domain.low()) / domain.width();
      if (!(leaving[i] <= mass + TOLERANCE) || !(Math.abs(moved - found) <= TOLERANCE)) {
        return false;
      }
      total += mass;
    }
    return way <= epsilon * total * (1 + TOLERANCE);
  }

  @Override
  public float[] witness(float[] variables) {
    return Witness.of(variables);
  }

  /**
   * A plan without its zeros, since few pixels send anything: {@code -1}, which no plan begins
   * with, then places and masses in turn.
   */
  private static final class Witness {
    private static final int MARK = -1;
    private static final int EXACT = 1 << 24; // whole numbers that float32 holds

    private Witness() {}

    static float[] of(float[] plan) {
      if (plan.length > EXACT) {
        return plan;
      }
      int count = 0;
      for (float mass : plan) {
        count += mass == 0 ? 0 : 1;
      }
      float[] few = new float[1 + 2 * count];
      few[0] = MARK;
      for (int i = 0, at = 1; i < plan.length; i++) {
        if (plan[i] != 0) {
          few[at++] = i;
          few[at++] = plan[i];
        }
      }
      return few;
    }

    /** The plan of so many values; empty where there is none. */
    static double[] plan(double[] variables, int length) {
      if (variables.length == 0 || variables[0] != MARK) {
        return variables.length == length ? variables : new double[0];
      }
      double[] plan = new double[length];
      for (int i = 1; i + 1 < variables.length; i += 2) {
        double place = variables[i];
        if (!(place >= 0 && place < length && place == Math.rint(place))) {
          return new double[0];
        }
        plan[(int) place] += variables[i + 1];
      }
      return plan;
    }
  }
}
