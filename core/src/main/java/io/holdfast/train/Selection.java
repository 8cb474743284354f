package io.holdfast.train;

import io.holdfast.common.Hashes;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where a model is weak, by a ledger or by the validations of its training, and what training makes
 * of it: samples of weak classes and groups are drawn more often and attacked with more steps,
 * others less often and with fewer. An epoch has as many samples and, in the mean, as many steps of
 * the search as without.
 *
 * @param classes weakness in [0, 1] by class: by how much its robust accuracy is below the best
 *     class's; a class that is not there counts as the mean
 * @param groups the same by group
 * @param strength at least 0: a sample is drawn in proportion to {@code 1 + strength * weakness}
 * @param effort at least 0: its search takes steps in proportion to {@code 1 + effort * weakness}
 * @param measured whether each validation of the training says anew what is weak
 */
public record Selection(
    Map<Integer, Double> classes,
    Map<Integer, Double> groups,
    double strength,
    double effort,
    boolean measured) {
  /** Nothing is weak. */
  static final Selection NONE = new Selection(Map.of(), Map.of(), 0, 0);

  /** Of what stays as weak as it is. */
  public Selection(
      Map<Integer, Double> classes, Map<Integer, Double> groups, double strength, double effort) {
    this(classes, groups, strength, effort, false);
  }

  public Selection {
    classes = new TreeMap<>(classes);
    groups = new TreeMap<>(groups);
    if (!(strength >= 0) || !(effort >= 0) || Double.isInfinite(strength + effort)) {
      throw new IllegalArgumentException(
          "strength and effort: finite, at least 0, found " + strength + " and " + effort);
    }
  }

  /** The sample that is right when clean and held against every attack, or not. */
  private static final class Seen {
    private final Attempt row;
    private boolean holds = true;
    private boolean attacked;

    Seen(Attempt row) {
      this.row = row;
    }

    void add(Attempt other) {
      attacked |= other.kind() == Kind.VERDICT;
      holds &= other.outcome() == Outcome.CORRECT || other.outcome() == Outcome.HELD;
    }
  }

  /** From the rows of a ledger; clean accuracy counts where no attack was run. */
  public static Selection of(Iterable<Attempt> rows, double strength, double effort) {
    Standing.Count count = new Standing.Count();
    samples(rows)
        .values()
        .forEach(seen -> count.add(seen.row.label(), seen.row.group(), seen.holds));
    return new Selection(Map.of(), Map.of(), strength, effort).by(count.all());
  }

  /** Of nothing that is weak yet: each validation of the training says what is. */
  public static Selection measured(double strength, double effort) {
    return new Selection(Map.of(), Map.of(), strength, effort, true);
  }

  /** The same to begin with, until the first validation of the training. */
  public Selection thenMeasured() {
    return new Selection(classes, groups, strength, effort, true);
  }

  /** The same of what is weak by such figures. */
  Selection by(Standing standing) {
    return new Selection(
        Standing.weakness(standing.classes()),
        Standing.weakness(standing.groups()),
        strength,
        effort,
        measured);
  }

  /** By sample id, whether it is right when clean and held against every attack. */
  static Map<Long, Boolean> held(Iterable<Attempt> rows) {
    Map<Long, Boolean> held = new TreeMap<>();
    samples(rows).forEach((id, seen) -> held.put(id, seen.holds));
    return held;
  }

  private static Map<Long, Seen> samples(Iterable<Attempt> rows) {
    Map<Long, Seen> samples = new TreeMap<>();
    for (Attempt row : rows) {
      if (row.kind() == Kind.CLEAN || row.kind() == Kind.VERDICT) {
        samples.computeIfAbsent(row.sampleId(), id -> new Seen(row)).add(row);
      }
    }
    boolean attacked = samples.values().stream().anyMatch(s -> s.attacked);
    if (attacked) {
      samples.values().removeIf(s -> !s.attacked);
    }
    return samples;
  }

  private static double mean(Map<Integer, Double> weakness) {
    return weakness.values().stream().mapToDouble(w -> w).average().orElse(0);
  }

  /** Groups count where the data has any; a sample without one is then as weak as the mean. */
  private IntToDoubleFunction weakness(Dataset data) {
    boolean grouped =
        !groups.isEmpty() && IntStream.range(0, data.size()).anyMatch(i -> data.group(i) >= 0);
    double usual = mean(classes);
    double usualGroup = mean(groups);
    return i -> {
      double ofClass = classes.getOrDefault(data.label(i), usual);
      double ofGroup = grouped ? groups.getOrDefault(data.group(i), usualGroup) : 0;
      return Math.min(1, ofClass + ofGroup);
    };
  }

  /** SHA-256 of all that it says, in hexadecimal. */
  public String hash() {
    return Hashes.sha256Hex(toString().getBytes(StandardCharsets.UTF_8));
  }

  /** How often each sample of a data set stands in an epoch, in the mean; the mean of all is 1. */
  double[] draws(Dataset data) {
    return scaled(data, strength, null);
  }

  /** By which factor each sample's search is longer; the mean over the samples drawn is 1. */
  double[] efforts(Dataset data) {
    return scaled(data, effort, draws(data));
  }

  private double[] scaled(Dataset data, double by, double @Nullable [] weights) {
    double[] factors = new double[data.size()];
    IntToDoubleFunction weakness = weakness(data);
    double sum = 0;
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (1 + by * weakness.applyAsDouble(i)) * (weights == null ? data.draws(i) : 1);
      sum += factors[i] * (weights == null ? 1 : weights[i]);
    }
    for (int i = 0; i < factors.length; i++) {
      factors[i] *= factors.length / sum;
    }
    return factors;
  }

  /**
   * The samples of an epoch: each stands there as often as its draws say, the part that is left
   * over by systematic sampling (Madow 1949), in a random order.
   *
   * @param draws with a mean of 1
   * @return as many positions as there are samples
   */
  static int[] order(double[] draws, Seed seed) {
    int[] walk = seed.split("walk").permutation(draws.length);
    int[] places = seed.split("places").permutation(draws.length);
    double next = seed.split("start").generator().nextDouble(); // in [0, 1)
    double reached = 0;
    int[] order = new int[draws.length];
    int filled = 0;
    for (int i : walk) {
      reached += draws[i];
      for (; next < reached && filled < order.length; next++) {
        order[places[filled++]] = i;
      }
    }
    for (int i = draws.length - 1; filled < order.length; i--) { // rounding left a place open
      order[places[filled++]] = walk[i];
    }
    return order;
  }
}
