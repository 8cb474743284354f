package io.holdfast.common;

import java.util.Locale;

/** Numbers as people read them, the same in every locale. */
public final class Format {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Format() {}

  /**
   * {@code 0.35 s}, {@code 12.3 s}, {@code 4:05} (minutes) or {@code 1:02:03} (hours); negative or
   * unknown is {@code -}.
   */
  public static String seconds(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) {
      return "-";
    }
    if (seconds < 59.95) {
      return format(seconds < 0.995 ? "%.2f s" : "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < 3600
        ? format("%d:%02d", whole / 60, whole % 60)
        : format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** {@code 512 B}, {@code 1.5 GiB}: powers of 1024, one digit after the point. */
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 1023.95 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : format("%.1f %s", value, UNITS[unit]);
  }

  /** {@code 1,234,567}. */
  public static String count(long count) {
    return format("%,d", count);
  }

  /** A fraction in {@code [0, 1]} as {@code 65.3%}; {@code -} if it is not a number. */
  public static String percent(double fraction) {
    return Double.isNaN(fraction) ? "-" : format("%.1f%%", 100 * fraction);
  }

  /**
   * A share with what it was counted on: {@code 65.3% of 1,000}; {@code -} where nothing was
   * counted.
   */
  public static String percent(long part, long n) {
    return n == 0 ? "-" : percent((double) part / n) + " of " + count(n);
  }

  /**
   * Four significant digits, or four decimals below 1, without an exponent from 0.001 up to a
   * million: {@code 0.05}, {@code 12.35}, {@code 1.2e-05}.
   */
  public static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-3 || size >= 1e6)) {
      return format("%.2e", value).replaceFirst("\\.?0+e", "e");
    }
    int decimals = size < 1 ? 4 : Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
    String text = format("%." + decimals + "f", value);
    return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
