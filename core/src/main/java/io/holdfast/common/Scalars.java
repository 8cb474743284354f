package io.holdfast.common;

import io.holdfast.common.SettingsNode.Kind;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an unquoted scalar means: YAML 1.2's core schema, plus underscores between digits ({@code
 * 1_000}) and the exponent without a point ({@code 5e-4}).
 */
final class Scalars {
  private static final int LONGEST_NUMBER = 64;
  private static final String DIGITS = "[0-9]+(?:_[0-9]+)*+";
  private static final Pattern NOTHING = Pattern.compile("|~|null|Null|NULL");
  private static final Pattern FLAG = Pattern.compile("true|True|TRUE|false|False|FALSE");
  private static final Pattern INTEGER =
      Pattern.compile("[-+]?" + DIGITS + "|0x[0-9a-fA-F]+|0o[0-7]+");
  private static final Pattern DECIMAL =
      Pattern.compile(
          "[-+]?(?:\\."
              + DIGITS
              + "|"
              + DIGITS
              + "(?:\\.(?:"
              + DIGITS
              + ")?)?)(?:[eE][-+]?[0-9]+)?"
              + "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");
  private static final Pattern FRACTION = Pattern.compile("\\s*([0-9.]+)\\s*/\\s*([0-9.]+)\\s*");

  private Scalars() {}

  static Kind kind(String text) {
    if (text.length() > LONGEST_NUMBER) {
      return Kind.TEXT;
    }
    if (NOTHING.matcher(text).matches()) {
      return Kind.NOTHING;
    }
    if (FLAG.matcher(text).matches()) {
      return Kind.FLAG;
    }
    if (INTEGER.matcher(text).matches()) {
      return fitsLong(text) ? Kind.INTEGER : Kind.DECIMAL;
    }
    return DECIMAL.matcher(text).matches() ? Kind.DECIMAL : Kind.TEXT;
  }

  static boolean flag(String text) {
    return text.toLowerCase(Locale.ROOT).equals("true");
  }

  static long integer(String text) {
    if (text.startsWith("0x")) {
      return Long.parseLong(text.substring(2), 16);
    }
    return text.startsWith("0o")
        ? Long.parseLong(text.substring(2), 8)
        : Long.parseLong(text.replace("_", ""));
  }

  static double decimal(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".inf")) {
      return lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (lower.equals(".nan")) {
      return Double.NaN;
    }
    if (lower.startsWith("0x")) {
      return Double.parseDouble(lower + "p0");
    }
    return lower.startsWith("0o") ? octal(lower) : Double.parseDouble(lower.replace("_", ""));
  }

  /** The value of {@code 8/255}; null if the text is not such a fraction. */
  static @Nullable Double fraction(String text) {
    Matcher matcher = FRACTION.matcher(text);
    if (!matcher.matches()
        || kind(matcher.group(1)) == Kind.TEXT
        || kind(matcher.group(2)) == Kind.TEXT) {
      return null;
    }
    return decimal(matcher.group(1)) / decimal(matcher.group(2));
  }

  private static double octal(String text) {
    double value = 0;
    for (int i = 2; i < text.length(); i++) {
      value = 8 * value + (text.charAt(i) - '0');
    }
    return value;
  }

  private static boolean fitsLong(String text) {
    try {
      integer(text);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
