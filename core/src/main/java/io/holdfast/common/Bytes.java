package io.holdfast.common;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of memory as people write them. */
public final class Bytes {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,18})([kmgKMG]?)");

  private Bytes() {}

  /**
   * Bytes of a text such as {@code 1500000}, {@code 800k}, {@code 512m} or {@code 5g}, powers of
   * 1024; empty if it is no size above 0.
   */
  public static OptionalLong parse(String text) {
    Matcher size = SIZE.matcher(text.strip());
    if (!size.matches()) {
      return OptionalLong.empty();
    }
    double unit =
        switch (size.group(2).toLowerCase(Locale.ROOT)) {
          case "k" -> 0x1p10;
          case "m" -> 0x1p20;
          case "g" -> 0x1p30;
          default -> 1;
        };
    long number = Long.parseLong(size.group(1));
    return number > 0 && number * unit < 0x1p62
        ? OptionalLong.of(number * (long) unit)
        : OptionalLong.empty();
  }
}
