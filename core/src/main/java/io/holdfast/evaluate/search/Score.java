package io.holdfast.evaluate.search;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How strong a setting was on some samples.
 *
 * @param samples that it was tried on
 * @param attacked those of them that the model gets right when clean
 * @param standing those of these that did not fall
 * @param missing by how much the logits fell short of the goal, the mean over all that were
 *     attacked; those that fell count as 0
 * @param medianDistance of the smallest changes, those not found counting as infinite; null where
 *     that is infinite, or the threat model has a limit
 * @param meanDistance over those that were found; null as {@code medianDistance}
 * @param queries forward passes, the mean over those attacked
 * @param gradients backward passes, the mean over those attacked
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Score(
    int samples,
    int attacked,
    int standing,
    double missing,
    @Nullable Double medianDistance,
    @Nullable Double meanDistance,
    double queries,
    double gradients) {
  /**
   * The stronger first: where the smallest change counts, by its median, then by how many were
   * found, then by the mean; within a limit by how many stand, then by what was missing. Only for
   * scores over the same samples.
   */
  public static final Comparator<Score> STRONGEST =
      Comparator.comparingDouble((Score s) -> orInfinite(s.medianDistance))
          .thenComparingInt(Score::standing)
          .thenComparingDouble(s -> orInfinite(s.meanDistance))
          .thenComparingDouble(Score::missing);

  private static double orInfinite(@Nullable Double value) {
    return value == null ? Double.POSITIVE_INFINITY : value;
  }

  /**
   * Counts.
   *
   * @param smallest whether the smallest change counts
   */
  static Score of(List<Tried> tried, boolean smallest) {
    List<Tried> attacked = tried.stream().filter(Tried::attacked).toList();
    double[] found = attacked.stream().filter(Tried::fell).mapToDouble(Tried::distance).toArray();
    Arrays.sort(found);
    int n = attacked.size();
    return new Score(
        tried.size(),
        n,
        n - found.length,
        attacked.stream().mapToDouble(Tried::missing).average().orElse(0),
        smallest ? median(found, n) : null,
        smallest && found.length > 0 ? Arrays.stream(found).average().orElseThrow() : null,
        attacked.stream().mapToLong(Tried::queries).average().orElse(0),
        attacked.stream().mapToLong(Tried::gradients).average().orElse(0));
  }

  /** The lower median of {@code n} values, of which only the smallest are known, sorted. */
  private static @Nullable Double median(double[] known, int n) {
    int middle = (n - 1) / 2;
    return n > 0 && middle < known.length ? known[middle] : null;
  }
}
