package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;

/**
 * Expected calibration error over equal-width bins of confidence (Guo et al. 2017, <i>On
 * Calibration of Modern Neural Networks</i>, equation 3): {@code ECE = sum over bins b of n_b / n *
 * |accuracy_b - confidence_b|}. Bin {@code i} of {@code m}, counted from 0, holds the confidences
 * in {@code (i / m, (i + 1) / m]}; 0 belongs to the first.
 *
 * @param ece in [0, 1]
 * @param n number of predictions with a confidence
 * @param bins the reliability diagram; bins without predictions are left out
 */
public record Calibration(
    @JsonProperty(required = true) double ece,
    @JsonProperty(required = true) long n,
    @JsonProperty(required = true) List<Bin> bins) {
  /** Number of bins of a scorecard. */
  public static final int BINS = 15;

  public Calibration {
    bins = List.copyOf(bins);
    if (!(ece >= 0 && ece <= 1) || n < 1) {
      throw new IllegalArgumentException("no calibration error: " + ece + " of n = " + n);
    }
  }

  /**
   * One bin of the reliability diagram.
   *
   * @param lo confidences above this
   * @param hi and up to this
   * @param n number of predictions, at least 1
   * @param confidence their mean confidence
   * @param accuracy the share of them that is right
   */
  public record Bin(
      @JsonProperty(required = true) double lo,
      @JsonProperty(required = true) double hi,
      @JsonProperty(required = true) long n,
      @JsonProperty(required = true) double confidence,
      @JsonProperty(required = true) double accuracy) {}

  /** The bin of a confidence, from 0. */
  static int bin(double confidence) {
    return Math.max(0, Math.min(BINS - 1, (int) Math.ceil(confidence * BINS) - 1));
  }

  /** Collects predictions; the order of {@link #add} may change the last bits of the sums. */
  static final class Builder {
    private final double[] confidences = new double[BINS];
    private final long[] right = new long[BINS];
    private final long[] counts = new long[BINS];

    /** A confidence that is NaN is not counted. */
    void add(double confidence, boolean isRight) {
      if (Double.isNaN(confidence)) {
        return;
      }
      int bin = bin(confidence);
      confidences[bin] += confidence;
      right[bin] += isRight ? 1 : 0;
      counts[bin]++;
    }

    boolean isEmpty() {
      for (long count : counts) {
        if (count > 0) {
          return false;
        }
      }
      return true;
    }

    /** Needs at least one prediction. */
    Calibration build() {
      long n = 0;
      for (long count : counts) {
        n += count;
      }
      double ece = 0;
      List<Bin> bins = new ArrayList<>();
      for (int i = 0; i < BINS; i++) {
        if (counts[i] > 0) {
          double confidence = confidences[i] / counts[i];
          double accuracy = (double) right[i] / counts[i];
          ece += (double) counts[i] / n * Math.abs(accuracy - confidence);
          bins.add(
              new Bin((double) i / BINS, (double) (i + 1) / BINS, counts[i], confidence, accuracy));
        }
      }
      return new Calibration(Math.min(1, ece), n, bins);
    }
  }
}
