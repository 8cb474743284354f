package io.holdfast.attack.library;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * Under which terms examples are saved.
 *
 * @param date on which they were found
 * @param expires the first day on which they must not be used any more, or null for never
 * @param licence of the source data, or null for what the data set says itself
 * @param consent tag under which the samples were collected; null or empty where none is kept
 */
public record Terms(
    LocalDate date,
    @Nullable LocalDate expires,
    @Nullable String licence,
    @Nullable String consent) {
  /** Found on that day, without an end, under the data's own licence. */
  public static Terms on(LocalDate date) {
    return new Terms(date, null, null, null);
  }

  SampleSource source(
      String data, String dataHash, long sampleId, String ofData, String className) {
    return new SampleSource(
        data,
        dataHash,
        sampleId,
        licence == null ? ofData : licence,
        consent == null ? "" : consent,
        className);
  }
}
