package io.holdfast.train;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** How long the search for each sample's adversarial example is. */
final class Efforts {
  private final double @Nullable [] factors;

  private Efforts(double @Nullable [] factors) {
    this.factors = factors;
  }

  /** Those of a run; all the same where nothing is selected. */
  static Efforts of(TrainJob job) {
    Selection selection = job.settings().methods().selection();
    return new Efforts(
        selection == null || selection.effort() == 0 ? null : selection.efforts(job.train()));
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
    double factor = factors == null ? 1 : factors[position];
    return steps == 0 ? 0 : Math.max(1, (int) Math.round(steps * factor));
  }
}
