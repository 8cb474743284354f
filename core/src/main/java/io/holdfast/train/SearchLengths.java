package io.holdfast.train;

import io.holdfast.common.Seed;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How long the search for each sample's adversarial example is. What is left over of a whole step
 * goes to a part of the samples, by a number that each is given once, so that all of them together
 * take as many steps as without.
 */
final class SearchLengths {
  private static final int HALVINGS = 40;

  private final double @Nullable [] factors;
  private final double[] draws; // how often each sample stands in an epoch
  private final double[] thresholds; // in [0, 1)
  private final Map<Integer, Double> scales = new ConcurrentHashMap<>();

  private SearchLengths(double @Nullable [] factors, double[] draws, Seed seed) {
    this.factors = factors;
    this.draws = draws;
    RandomGenerator random = seed.split("efforts").generator();
    thresholds = random.doubles(factors == null ? 0 : factors.length).toArray();
  }

  /** Those of a run by what is weak; all the same where nothing is selected. */
  static SearchLengths of(TrainJob job, @Nullable Selection selection) {
    return selection == null || selection.effort() == 0
        ? new SearchLengths(null, new double[0], job.seed())
        : new SearchLengths(
            selection.efforts(job.train()), selection.draws(job.train()), job.seed());
  }

  /**
   * Which rows take how many steps.
   *
   * @param positions of the samples in the data set
   * @param rows of those that are searched
   * @param steps in the mean
   */
  Map<Integer, int[]> bySteps(int[] positions, int[] rows, int steps) {
    if (factors == null) {
      return Map.of(steps, rows);
    }
    Map<Integer, int[]> groups = new TreeMap<>();
    IntStream.of(rows)
        .mapToObj(row -> steps(positions[row], steps))
        .distinct()
        .forEach(
            n ->
                groups.put(
                    n, IntStream.of(rows).filter(r -> steps(positions[r], steps) == n).toArray()));
    return groups;
  }

  /** At least one step where there are any. */
  private int steps(int position, int steps) {
    if (factors == null || steps == 0) {
      return steps;
    }
    double wanted = wanted(factors[position], steps * scale(steps));
    int whole = (int) wanted;
    return whole + (thresholds[position] < wanted - whole ? 1 : 0);
  }

  private static double wanted(double factor, double steps) {
    return Math.max(1, steps * factor);
  }

  /**
   * By what all factors are smaller since no search is shorter than a step: so that all of them
   * together take as many steps all the same.
   */
  private double scale(int steps) {
    return scales.computeIfAbsent(steps, this::found);
  }

  private double found(int steps) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      if (mean(steps * middle) > steps) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return mean(steps) > steps ? low : 1;
  }

  private double mean(double steps) {
    double[] each = Objects.requireNonNull(factors);
    double sum = 0;
    double all = 0;
    for (int i = 0; i < each.length; i++) {
      sum += draws[i] * wanted(each[i], steps);
      all += draws[i];
    }
    return sum / all;
  }
}
