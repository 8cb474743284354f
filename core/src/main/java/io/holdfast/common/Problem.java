package io.holdfast.common;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with an input.
 *
 * @param source where it stands: a file, with {@code :line} where known, or an option of the
 *     command line; empty if unknown
 * @param field dotted path of the field such as {@code train.optimiser.learning_rate}; empty for
 *     the whole source
 * @param expected what would have been right, such as {@code a number above 0}
 * @param found what was there, such as {@code "fast"} or {@code nothing}
 * @param hint what to do about it, or null
 */
public record Problem(
    String source, String field, String expected, String found, @Nullable String hint) {
  /** What stands before a field that was set from outside its file; the field is not said twice. */
  static final String OVERRIDE = "--set ";

  /** {@code file:line} or {@code file:line:column}. */
  private static final Pattern PLACE = Pattern.compile("(.+?):([0-9]{1,9})(?::[0-9]{1,9})?");

  /** A problem without a hint. */
  public Problem(String source, String field, String expected, String found) {
    this(source, field, expected, found, null);
  }

  /** The same in other words of what would have been right. */
  public Problem withExpected(String other) {
    return new Problem(source, field, other, found, hint);
  }

  /** The same in other words of what was there. */
  public Problem withFound(String other) {
    return new Problem(source, field, expected, other, hint);
  }

  /** The source without its line. */
  public String file() {
    Matcher place = PLACE.matcher(source);
    return place.matches() ? place.group(1) : source;
  }

  /** The line in the source, from 1; 0 where it is not known. */
  public int line() {
    Matcher place = PLACE.matcher(source);
    return place.matches() ? Integer.parseInt(place.group(2)) : 0;
  }

  /** One line: {@code source: field: expected X, found Y (hint)}. */
  public String message() {
    StringBuilder text = new StringBuilder();
    if (!source.isEmpty()) {
      text.append(source).append(": ");
    }
    if (!field.isEmpty() && !source.equals(OVERRIDE + field)) {
      text.append(field).append(": ");
    }
    text.append("expected ").append(expected).append(", found ").append(found);
    if (hint != null) {
      text.append(" (").append(hint).append(')');
    }
    return text.toString();
  }
}
