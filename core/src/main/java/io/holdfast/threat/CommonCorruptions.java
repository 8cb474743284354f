package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One of the common corruptions of Hendrycks and Dietterich (2019), up to a severity, with any
 * random numbers. Variables are three whole numbers: the type's position in {@link Corruption#ALL},
 * the severity, of which 0 changes nothing, and the number of the random stream, below 2^24. They
 * say exactly what the image is, on every platform. The set has no gradients. Images are {@code [1
 * or 3, H, W]}, at least 8x8, of any domain, which stands for [0, 1].
 *
 * @param severity the highest, from 0 to 5
 * @param extra whether the four types count that the benchmark leaves to tuning
 */
public record CommonCorruptions(int severity, boolean extra) implements PerturbationSet {
  /** The name in files. */
  public static final String NAME = "corruption";

  /** Variables of an input: type, severity, random stream. */
  public static final int VARIABLES = 3;

  /** Number of random streams; a float32 holds each number exactly. */
  static final int DRAWS = 1 << 24;

  public CommonCorruptions {
    if (severity < 0 || severity > Corruption.SEVEREST) {
      throw new InvalidInputException(
          "threat model corruption",
          "severity",
          "a whole number from 0 to " + Corruption.SEVEREST,
          Integer.toString(severity));
    }
  }

  /** The 15 types of the benchmark. */
  public CommonCorruptions(int severity) {
    this(severity, false);
  }

  /** The types of the set, in the order of their numbers. */
  public List<Corruption> types() {
    return extra ? Corruption.ALL : Corruption.COMMON;
  }

  /** The number of the random stream that belongs to a seed. */
  public static int draw(Seed seed) {
    return (int) Long.remainderUnsigned(seed.bits(), DRAWS);
  }

  @Override
  public String key() {
    return NAME + ":" + severity + (extra ? "/extra" : "");
  }

  @Override
  public String describe() {
    return "spoil the image by one of "
        + types().size()
        + " common corruptions of at most severity "
        + severity;
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "severity", severity, "extra", extra);
  }

  /** The highest severity. */
  @Override
  public double epsilon() {
    return severity;
  }

  /** With the severity rounded, at most 5. */
  @Override
  public CommonCorruptions scaled(double factor) {
    long scaled = Math.round(severity * factor);
    return new CommonCorruptions((int) Math.min(Corruption.SEVEREST, scaled), extra);
  }

  @Override
  public boolean differentiable() {
    return false;
  }

  /**
   * The corrupted image.
   *
   * @param clean {@code [C, H, W]} in the domain
   * @param variables as this class says; a severity of 0 gives the image itself
   */
  public static float[] corrupt(float[] clean, long[] shape, float[] variables, Domain domain) {
    int level = (int) variables[1];
    float[] x = clean.clone();
    if (level > 0) {
      boolean unit = domain.equals(Domain.UNIT);
      double low = domain.low();
      double width = domain.width();
      for (int i = 0; i < x.length && !unit; i++) {
        x[i] = (float) Math.min(1, Math.max(0, (x[i] - low) / width));
      }
      Corruption type = Corruption.ALL.get((int) variables[0]);
      Seed seed = new Seed((long) variables[2]);
      type.apply(x, (int) shape[0], (int) shape[1], (int) shape[2], level, seed);
      for (int i = 0; i < x.length && !unit; i++) {
        x[i] = (float) Math.min(domain.high(), Math.max(low, low + width * x[i]));
      }
    }
    return x;
  }

  /** Whether the numbers name a corruption of this set. */
  private boolean admits(double[] variables) {
    return variables.length == VARIABLES
        && Arrays.stream(variables).allMatch(v -> v >= 0 && v == Math.rint(v))
        && variables[0] < types().size()
        && variables[1] <= severity
        && variables[2] < DRAWS;
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    return new CorruptionRegion(this, clean, domain);
  }

  /** Corrupts the clean image once more from the three numbers; both must agree. */
  @Override
  public boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    if (clean.length != other.length || !Corruption.takes(shape) || !admits(variables)) {
      return false;
    }
    float[] expected = corrupt(narrow(clean), shape, narrow(variables), domain);
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - other[i]) <= 1e-6 * domain.width())) {
        return false;
      }
    }
    return domain.contains(other, Additive.TOLERANCE);
  }

  private static float[] narrow(double[] wide) {
    float[] out = new float[wide.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) wide[i];
    }
    return out;
  }

  @Override
  public float[] witness(float[] variables) {
    return variables;
  }
}
