package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.holdfast.common.Seed;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The difference of two expected calibration errors, second minus first, with a 95% bootstrap
 * interval. It is the basic one (Davison and Hinkley 1997, <i>Bootstrap Methods and their
 * Application</i>, equation 5.6): a resample's error is biased upwards as the estimate itself is,
 * and reflecting the quantiles at the estimate takes that bias out once instead of adding it again.
 * Of runs that judged the same samples, both are resampled alike.
 *
 * @param first of the first run, in [0, 1]
 * @param second of the second run, in [0, 1]
 * @param value {@code second - first}, in [-1, 1]
 * @param ci95 lower and upper end; null where there are no ledgers to resample
 * @param paired whether both runs judged the same samples, so that samples were compared one by one
 */
public record CalibrationDifference(
    @JsonProperty(required = true) double first,
    @JsonProperty(required = true) double second,
    @JsonProperty(required = true) double value,
    @Nullable List<Double> ci95,
    @JsonProperty(required = true) boolean paired) {
  /** Resamples of an interval. */
  static final int RESAMPLES = 2000;

  private static final Seed SEED = new Seed(0).split("calibration difference");
  private static final double TAIL = 0.025;

  public CalibrationDifference {
    ci95 = ci95 == null ? null : List.copyOf(ci95);
  }

  /** Of two scorecards: the difference alone. */
  static CalibrationDifference of(Calibration first, Calibration second) {
    return new CalibrationDifference(
        first.ece(), second.ece(), second.ece() - first.ece(), null, false);
  }

  /** Of the predictions themselves, at least one each. */
  static CalibrationDifference of(Predictions first, Predictions second, boolean sameSamples) {
    boolean paired = sameSamples && first.sameSamples(second);
    double value = second.error() - first.error();
    double[] resampled = resample(first, second, paired);
    double lo = 2 * value - quantile(resampled, 1 - TAIL);
    double hi = 2 * value - quantile(resampled, TAIL);
    List<Double> ends = List.of(Math.max(-1, lo), Math.min(1, hi));
    return new CalibrationDifference(first.error(), second.error(), value, ends, paired);
  }

  /** Whether the interval is there and excludes 0. */
  public boolean clear() {
    return ci95 != null && (ci95.get(0) > 0 || ci95.get(1) < 0);
  }

  /** Differences of {@link #RESAMPLES} resamples, sorted. */
  private static double[] resample(Predictions first, Predictions second, boolean paired) {
    RandomGenerator random = SEED.generator();
    double[] differences = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      int[] chosen = choose(random, first.size());
      int[] others = paired ? chosen : choose(random, second.size());
      differences[r] = second.error(others) - first.error(chosen);
    }
    Arrays.sort(differences);
    return differences;
  }

  private static int[] choose(RandomGenerator random, int n) {
    int[] chosen = new int[n];
    for (int i = 0; i < n; i++) {
      chosen[i] = random.nextInt(n);
    }
    return chosen;
  }

  /** Between the two nearest order statistics. */
  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /** Confidence and success of each sample, in the order of sample ids. */
  static final class Predictions {
    private final long[] samples;
    private final int[] bins;
    private final double[] gaps; // 1 or 0 for right or wrong, less the confidence

    /** Of rows in the order of their sample ids; those without a confidence are left out. */
    Predictions(List<Attempt> rows) {
      List<Attempt> confident =
          rows.stream().filter(row -> !Double.isNaN(row.confidence())).toList();
      samples = confident.stream().mapToLong(Attempt::sampleId).toArray();
      bins = confident.stream().mapToInt(row -> Calibration.bin(row.confidence())).toArray();
      gaps =
          confident.stream()
              .mapToDouble(row -> (row.right() ? 1 : 0) - (double) row.confidence())
              .toArray();
    }

    int size() {
      return samples.length;
    }

    private boolean sameSamples(Predictions other) {
      return Arrays.equals(samples, other.samples);
    }

    /** As {@link Calibration#ece}. */
    private double error() {
      int[] all = new int[size()];
      Arrays.setAll(all, i -> i);
      return error(all);
    }

    private double error(int[] chosen) {
      double[] sums = new double[Calibration.BINS];
      for (int i : chosen) {
        sums[bins[i]] += gaps[i];
      }
      return Math.min(1, Arrays.stream(sums).map(Math::abs).sum() / chosen.length);
    }
  }
}
