package io.holdfast.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.openjdk.jmh.runner.IterationType;

/**
 * Times of two pieces of work that take turns, the one first and the other first, so that whatever
 * else the machine does meets both: the ratio of a pair tells what two runs one after the other do
 * not. Pairs of warming up do not count.
 */
final class Pairs {
  private final String title;
  private final List<Double> ratios = new ArrayList<>();
  private boolean swapped;
  private boolean measuring;

  /** Under this title in the output. */
  Pairs(String title) {
    this.title = title;
  }

  /** Runs both, and keeps how often the time of {@code under} goes into that of {@code over}. */
  double time(Runnable over, Runnable under) {
    return seconds(() -> seconds(over), () -> seconds(under));
  }

  /** As {@link #time}, of work that says itself how many seconds count. */
  double seconds(DoubleSupplier over, DoubleSupplier under) {
    swapped = !swapped;
    double first = (swapped ? over : under).getAsDouble();
    double second = (swapped ? under : over).getAsDouble();
    double ratio = swapped ? first / second : second / first;
    ratios.add(ratio);
    return ratio;
  }

  /** Before each iteration: what was timed while warming up is dropped. */
  void enter(IterationType kind) {
    if (kind == IterationType.MEASUREMENT && !measuring) {
      ratios.clear();
      measuring = true;
    }
  }

  /** Median, quartiles and number of the pairs, if there are some. */
  Optional<String> summary() {
    if (ratios.isEmpty()) {
      return Optional.empty();
    }
    List<Double> sorted = new ArrayList<>(ratios);
    Collections.sort(sorted);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "ratio %s: median %.3f, quartiles %.3f to %.3f, %d pairs",
            title,
            quantile(sorted, 0.5),
            quantile(sorted, 0.25),
            quantile(sorted, 0.75),
            sorted.size()));
  }

  private static double quantile(List<Double> sorted, double share) {
    return sorted.get((int) Math.round(share * (sorted.size() - 1)));
  }

  /** How long it takes. */
  static double seconds(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return 1e-9 * (System.nanoTime() - begin);
  }
}
