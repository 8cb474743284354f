package io.holdfast.common.governor;

import io.holdfast.common.InvalidInputException;
import java.time.DateTimeException;
import java.time.LocalTime;

/**
 * Hours of the day in which heavy work may run; over midnight where they end before they begin.
 *
 * @param from the first minute
 * @param to the first minute after them; another than {@code from}
 */
public record Hours(LocalTime from, LocalTime to) {
  public Hours {
    if (from.equals(to)) {
      throw new InvalidInputException(
          "", "", "hours that end at another time than they begin", from + "-" + to);
    }
  }

  /**
   * Reads {@code 22:00-06:00}.
   *
   * @throws InvalidInputException if it is something else
   */
  public static Hours parse(String text) {
    String[] parts = text.strip().split("-", -1);
    if (parts.length == 2) {
      try {
        return new Hours(LocalTime.parse(parts[0].strip()), LocalTime.parse(parts[1].strip()));
      } catch (DateTimeException e) {
        throw unreadable(text);
      }
    }
    throw unreadable(text);
  }

  private static InvalidInputException unreadable(String text) {
    return new InvalidInputException("", "", "hours of the day such as 22:00-06:00", quoted(text));
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  /** Whether a time is among them. */
  public boolean contains(LocalTime time) {
    boolean begun = !time.isBefore(from);
    boolean over = !time.isBefore(to);
    return from.isBefore(to) ? begun && !over : begun || !over;
  }

  @Override
  public String toString() {
    return from + "-" + to;
  }
}
