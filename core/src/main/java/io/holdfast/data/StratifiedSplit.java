package io.holdfast.data;

import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Shares out each class by fractions; cumulative rounding keeps both classes and totals exact. */
final class StratifiedSplit {
  private static final double ROUNDING = 1e-9;

  private StratifiedSplit() {}

  static List<Dataset> split(Dataset source, Seed seed, double... fractions) {
    check(source, fractions);
    List<int[]> rest = shuffledByClass(source, seed);
    List<Dataset> parts = new ArrayList<>();
    double left = 1;
    for (double fraction : fractions) {
      int[] taken = take(rest, Math.min(1, fraction / left));
      if (taken.length == 0) {
        Problems problems = new Problems(source.info().name());
        problems.add(
            "split", "at least one sample in each part", fraction + " of " + source.size());
        problems.throwIfAny();
      }
      parts.add(source.subset(taken));
      left -= fraction;
    }
    return parts;
  }

  private static void check(Dataset source, double... fractions) {
    Problems problems = new Problems(source.info().name());
    double sum = 0;
    for (double fraction : fractions) {
      sum += fraction;
      if (!(fraction > 0 && fraction <= 1)) {
        problems.add("split", "fractions in (0, 1]", Double.toString(fraction));
      }
    }
    if (sum > 1 + ROUNDING) {
      problems.add("split", "fractions that add up to at most 1", Double.toString(sum));
    }
    problems.throwIfAny();
  }

  /** Positions of each class, in an order drawn from the seed and the class. */
  private static List<int[]> shuffledByClass(Dataset source, Seed seed) {
    int[] counts = source.classCounts();
    List<int[]> classes = new ArrayList<>();
    List<int[]> orders = new ArrayList<>();
    for (int label = 0; label < counts.length; label++) {
      classes.add(new int[counts[label]]);
      orders.add(seed.split("split").split(label).permutation(counts[label]));
    }
    int[] next = new int[counts.length];
    for (int i = 0; i < source.size(); i++) {
      int label = source.label(i);
      classes.get(label)[orders.get(label)[next[label]++]] = i;
    }
    return classes;
  }

  /** Removes a share of every class from {@code rest}; returns the positions in ascending order. */
  private static int[] take(List<int[]> rest, double share) {
    List<int[]> taken = new ArrayList<>();
    long seen = 0;
    for (int label = 0; label < rest.size(); label++) {
      int[] members = rest.get(label);
      // Rounding the running total differs from one class to the next by the floor or the ceiling.
      int count = (int) (round(share * (seen + members.length)) - round(share * seen));
      seen += members.length;
      taken.add(Arrays.copyOf(members, count));
      rest.set(label, Arrays.copyOfRange(members, count, members.length));
    }
    return taken.stream().flatMapToInt(Arrays::stream).sorted().toArray();
  }

  /** Rounds half up, forgiving the last bits of a product such as 0.05 * 60000. */
  private static long round(double value) {
    return (long) Math.floor(value + 0.5 + ROUNDING);
  }
}
