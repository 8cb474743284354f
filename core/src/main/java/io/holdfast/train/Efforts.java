package io.holdfast.train;

import io.holdfast.common.Seed;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How long the search for each sample's adversarial example is. What is left over of a whole step
 * goes to a part of the samples, by a number that each is given once, so that all of them together
 * take as many steps as without.
 */
final class Efforts {
  private final double @Nullable [] factors;
  private final double[] thresholds; // in [0, 1)

  private Efforts(double @Nullable [] factors, Seed seed) {
    this.factors = factors;
    RandomGenerator random = seed.split("efforts").generator();
    thresholds = random.doubles(factors == null ? 0 : factors.length).toArray();
  }

  /** Those of a run; all the same where nothing is selected. */
  static Efforts of(TrainJob job) {
    Selection selection = job.settings().methods().selection();
    return new Efforts(
        selection == null || selection.effort() == 0 ? null : selection.efforts(job.train()),
        job.seed());
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
    double wanted = steps * factors[position];
    int whole = (int) wanted;
    return Math.max(1, whole + (thresholds[position] < wanted - whole ? 1 : 0));
  }
}
