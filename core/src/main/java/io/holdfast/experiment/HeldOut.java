package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.Format;
import io.holdfast.experiment.AdversarialRun.Verdict;
import io.holdfast.record.Difference;
import io.holdfast.record.Outcome;
import io.holdfast.record.PairedRatio;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The setting that a search found beside the one that was given, on samples that the search did not
 * see, sample by sample.
 *
 * @param samples in all
 * @param standing difference of the share that is right when clean and does not fall: below 0 where
 *     the found setting fells more
 * @param distances of the changes that both found, the found setting's over the given one's; null
 *     unless the smallest changes were sought, and where there is no pair
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record HeldOut(long samples, Difference standing, @Nullable PairedRatio distances) {

  /** Compares verdicts about the same samples in the same order. */
  static HeldOut of(List<Verdict> given, List<Verdict> found, Optional<Norm> smallest) {
    long[] cells = new long[4]; // standing after both, only the given, only the found, none
    List<double[]> pairs = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      Verdict a = given.get(i);
      Verdict b = found.get(i);
      cells[(holds(a) ? 0 : 2) + (holds(b) ? 0 : 1)]++;
      if (smallest.isPresent() && fell(a) && fell(b)) {
        Norm norm = smallest.get();
        pairs.add(new double[] {a.distances().in(norm), b.distances().in(norm)});
      }
    }
    pairs.removeIf(pair -> pair[0] <= 0 || pair[1] <= 0);
    return new HeldOut(
        given.size(),
        Difference.paired(cells[0], cells[1], cells[2], cells[3]),
        pairs.isEmpty() ? null : PairedRatio.of(column(pairs, 0), column(pairs, 1)));
  }

  private static boolean holds(Verdict verdict) {
    return verdict.outcome() == Outcome.HELD;
  }

  private static boolean fell(Verdict verdict) {
    return verdict.outcome() == Outcome.FELL;
  }

  private static double[] column(List<double[]> pairs, int index) {
    return pairs.stream().mapToDouble(pair -> pair[index]).toArray();
  }

  /** Whether the found setting is stronger here, and by more than chance. */
  public boolean gains() {
    return distances == null
        ? standing.clear() && standing.value() < 0
        : distances.clear() && distances.median() < 1;
  }

  /** What was seen, in one sentence. */
  String words(String given, String found) {
    return distances == null ? standingWords(given, found) : distanceWords(given, found, distances);
  }

  private String standingWords(String given, String found) {
    double points = -100 * standing.value();
    String counts =
        String.format(
            Locale.ROOT,
            "on %s samples that the search did not see, %s leaves %s standing where %s leaves %s:"
                + " %s points %s (95%% interval %s to %s)",
            Format.count(samples),
            found,
            Format.count(standing.second().successes()),
            given,
            Format.count(standing.first().successes()),
            number(Math.abs(points)),
            points >= 0 ? "fewer" : "more",
            number(-100 * standing.ci95().get(1)),
            number(-100 * standing.ci95().get(0)));
    return counts + verdict(standing.clear(), points > 0);
  }

  private String distanceWords(String given, String found, PairedRatio ratio) {
    List<Double> ends = ratio.ci95();
    String interval =
        ends == null
            ? "too few for an interval"
            : "95% interval " + factor(ends.get(0)) + " to " + factor(ends.get(1));
    String seen =
        String.format(
            Locale.ROOT,
            "on %s samples that the search did not see, the changes of %s are %s times as large as"
                + " those of %s (median of %s pairs, %s)",
            Format.count(samples),
            found,
            factor(ratio.median()),
            given,
            Format.count(ratio.n()),
            interval);
    String missed =
        standing.value() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; %s found none for %s samples, %s for %s",
                found,
                Format.count(standing.second().successes()),
                given,
                Format.count(standing.first().successes()));
    return seen + missed + verdict(ratio.clear(), ratio.median() < 1);
  }

  private static String verdict(boolean clear, boolean stronger) {
    if (!clear) {
      return "; that is within chance: what won on the slice need not be stronger";
    }
    return stronger ? "; it is stronger" : "; it is weaker here, and won on the slice by chance";
  }

  private static String number(double points) {
    return String.format(Locale.ROOT, "%.1f", points);
  }

  private static String factor(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
