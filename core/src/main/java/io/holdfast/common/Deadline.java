package io.holdfast.common;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** When a run must end with what it has. Safe for many threads. */
public final class Deadline {
  private static final Pattern PART = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ms|s|m|h|d)");
  private static final Duration LONGEST = Duration.ofDays(36_500); // nanoseconds hold 292 years
  private static final Deadline NONE = new Deadline(() -> 0, Long.MAX_VALUE);

  private final LongSupplier clock;
  private final long end;

  private Deadline(LongSupplier clock, long end) {
    this.clock = clock;
    this.end = end;
  }

  /** Never. */
  public static Deadline none() {
    return NONE;
  }

  /** So long from now. */
  public static Deadline in(Duration budget) {
    return in(budget, System::nanoTime);
  }

  /**
   * So long from now by another clock.
   *
   * @param nanos a clock in nanoseconds that never goes back
   */
  public static Deadline in(Duration budget, LongSupplier nanos) {
    long start = nanos.getAsLong();
    return new Deadline(() -> nanos.getAsLong() - start, budget.toNanos());
  }

  /**
   * So long from now by the same clock, but no later than this one.
   *
   * @param most at least 0
   */
  public Deadline within(Duration most) {
    if (isNone()) {
      return in(most);
    }
    long now = clock.getAsLong();
    return new Deadline(clock, Math.min(end, now + Math.min(end, most.toNanos())));
  }

  /** Whether there is no end at all. */
  public boolean isNone() {
    return end == Long.MAX_VALUE;
  }

  /** What is left, at least 0; for {@link #none} some hundred years. */
  public Duration remaining() {
    return Duration.ofNanos(isNone() ? end : Math.max(0, end - clock.getAsLong()));
  }

  /** Whether the time is over. */
  public boolean passed() {
    return !isNone() && clock.getAsLong() >= end;
  }

  /**
   * Reads {@code 20m}, {@code 90s}, {@code 1h30m} or {@code 2d}.
   *
   * @throws InvalidInputException if it is no duration above 0, up to a hundred years
   */
  public static Duration parse(String text) {
    Matcher matcher = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int at = 0;
    while (at < text.length() && matcher.find(at) && matcher.start() == at) {
      double number = Double.parseDouble(matcher.group(1));
      sum = sum.plusMillis(Math.round(number * millis(matcher.group(2))));
      at = matcher.end();
    }
    if (at < text.length() || sum.isZero() || sum.compareTo(LONGEST) > 0) {
      throw new InvalidInputException(
          "",
          "",
          "a time such as 90s, 20m, 1h30m or 2d, at most " + LONGEST.toDays() + "d",
          '"' + text + '"');
    }
    return sum;
  }

  private static long millis(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1_000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      default -> 86_400_000;
    };
  }
}
