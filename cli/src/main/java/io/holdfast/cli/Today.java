package io.holdfast.cli;

import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The day by which the expiry of saved examples is judged. */
final class Today {
  @Option(
      names = "--today",
      paramLabel = "DATE",
      description = "The day by which expiry is judged, such as 2026-11-25 (default: today, UTC).")
  private @Nullable LocalDate given;

  /** The day that was given, or the clock's. */
  LocalDate date() {
    return given == null ? now() : given;
  }

  /** By the clock, in UTC, so that it is the same day for everyone. */
  static LocalDate now() {
    return LocalDate.now(ZoneOffset.UTC);
  }
}
