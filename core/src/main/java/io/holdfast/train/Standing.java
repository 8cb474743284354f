package io.holdfast.train;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many samples of each class and group hold against attacks, of how many.
 *
 * @param classes by label
 * @param groups by number; nothing of samples without one
 */
record Standing(Map<Integer, Share> classes, Map<Integer, Share> groups) {
  Standing {
    classes = new TreeMap<>(classes);
    groups = new TreeMap<>(groups);
  }

  /**
   * Of samples that are counted, possibly by parts.
   *
   * @param held how many hold
   * @param of how many there are
   */
  record Share(double held, double of) {
    static final Share NONE = new Share(0, 0);

    Share plus(double more, Share other) {
      return new Share(held + more * other.held, of + more * other.of);
    }

    double rate() {
      return held / of;
    }

    /** The variance that chance alone gives its rate, where each sample holds so often. */
    double chance(double often) {
      return often * (1 - often) / of;
    }
  }

  /** Counts one sample after the other. */
  static final class Count {
    private final Map<Integer, Share> classes = new TreeMap<>();
    private final Map<Integer, Share> groups = new TreeMap<>();

    /**
     * One more sample.
     *
     * @param label below 0 for none
     * @param group below 0 for none
     */
    void add(int label, int group, boolean holds) {
      Share one = new Share(holds ? 1 : 0, 1);
      add(classes, label, one);
      add(groups, group, one);
    }

    private static void add(Map<Integer, Share> shares, int part, Share one) {
      if (part >= 0) {
        shares.merge(part, one, (all, more) -> all.plus(1, more));
      }
    }

    Standing all() {
      return new Standing(classes, groups);
    }
  }

  /**
   * With what was seen since.
   *
   * @param keep in [0, 1], by what the earlier samples are multiplied
   */
  Standing then(Standing later, double keep) {
    return new Standing(sum(classes, keep, later.classes), sum(groups, keep, later.groups));
  }

  private static Map<Integer, Share> sum(
      Map<Integer, Share> early, double keep, Map<Integer, Share> late) {
    Map<Integer, Share> sum = new TreeMap<>();
    early.forEach((part, share) -> sum.put(part, Share.NONE.plus(keep, share)));
    late.forEach((part, share) -> sum.merge(part, share, (all, more) -> all.plus(1, more)));
    return sum;
  }

  /** The label of the class of which the least part holds, the first of equals; null for none. */
  @Nullable Integer weakestClass() {
    return classes.entrySet().stream()
        .min(Comparator.comparingDouble(of -> of.getValue().rate()))
        .map(Map.Entry::getKey)
        .orElse(null);
  }

  /**
   * By how much the robust accuracy of each part is below that of the best one, as far as the
   * samples tell it: each part's rate is drawn towards that of all samples, the more the fewer it
   * has, and by so much that what chance alone explains counts for nothing (empirical Bayes, with
   * the method of moments; Morris 1983, <i>Parametric empirical Bayes inference</i>, section 2).
   */
  static Map<Integer, Double> weakness(Map<Integer, Share> parts) {
    Share all = parts.values().stream().reduce(Share.NONE, (sum, part) -> sum.plus(1, part));
    double often = all.of() == 0 ? 0 : all.rate();
    double spread = 0; // of the rates around that of all
    double chance = 0;
    for (Share part : parts.values()) {
      spread += (part.rate() - often) * (part.rate() - often);
      chance += part.chance(often);
    }
    double real = Math.max(0, (spread - chance) / parts.size());
    Map<Integer, Double> accuracy = new LinkedHashMap<>();
    parts.forEach(
        (number, part) -> {
          double trust = real == 0 ? 0 : real / (real + part.chance(often));
          accuracy.put(number, often + trust * (part.rate() - often));
        });
    double best = accuracy.values().stream().mapToDouble(a -> a).max().orElse(0);
    accuracy.replaceAll((part, a) -> best - a);
    return accuracy;
  }
}
