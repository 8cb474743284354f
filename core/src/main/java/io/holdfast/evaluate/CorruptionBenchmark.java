package io.holdfast.evaluate;

import io.holdfast.data.image.corruption.Corruption;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Accuracy under natural corruptions (Hendrycks and Dietterich 2019, section 4): each type at each
 * severity on some of the samples, whether they are right when clean or not.
 *
 * @param samples the most that are corrupted, a seeded choice; at least 1
 * @param types without repetition, at least one; those that do not change grey images are left out
 *     for such
 * @param severities from 1 to 5, at least one
 */
public record CorruptionBenchmark(int samples, List<Corruption> types, List<Integer> severities) {
  public CorruptionBenchmark {
    types = types.stream().distinct().sorted().toList();
    severities = severities.stream().distinct().sorted().toList();
    boolean inRange = severities.stream().allMatch(s -> s >= 1 && s <= Corruption.SEVEREST);
    if (samples < 1 || types.isEmpty() || severities.isEmpty() || !inRange) {
      throw new IllegalArgumentException(
          "a benchmark has samples, types and severities from 1 to 5, found "
              + samples
              + ", "
              + types
              + ", "
              + severities);
    }
  }

  /** These types at all five severities. */
  public static CorruptionBenchmark of(int samples, List<Corruption> types) {
    return new CorruptionBenchmark(
        samples, types, IntStream.rangeClosed(1, Corruption.SEVEREST).boxed().toList());
  }

  /** The 15 types of the benchmark at all five severities. */
  public static CorruptionBenchmark standard(int samples) {
    return of(samples, Corruption.COMMON);
  }

  /** The types that change images of so many channels. */
  List<Corruption> typesFor(int channels) {
    return types.stream().filter(type -> type.changes(channels)).toList();
  }
}
