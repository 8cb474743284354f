package io.holdfast.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as the report writes them, the same in every locale. */
final class Numbers {

  private Numbers() {}

  /** A share of one in per cent, one decimal; {@code "–"} where there is none. */
  static String percent(double share) {
    return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f%%", 100 * share) : "–";
  }

  /** A difference of two shares in points of 100, with its sign. */
  static String points(double difference) {
    double rounded = Math.round(1000 * difference) / 10.0;
    String sign = rounded > 0 ? "+" : rounded < 0 ? "−" : "±";
    return sign + String.format(Locale.ROOT, "%.1f", Math.abs(rounded));
  }

  /** At most {@code digits} significant digits, without trailing zeros. */
  static String significant(double value, int digits) {
    if (!Double.isFinite(value)) {
      return "–";
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  /** A count with thin spaces between thousands. */
  static String count(double value) {
    return Double.isFinite(value)
        ? String.format(Locale.ROOT, "%,d", Math.round(value)).replace(',', '\u202F')
        : "–";
  }

  /** How many of 100, in words that also say what rounding would hide. */
  static String ofHundred(double share) {
    long rounded = Math.round(100 * share);
    if (rounded == 0) {
      return share > 0 ? "fewer than 1" : "none";
    }
    return rounded == 100 && share < 1 ? "more than 99" : Long.toString(rounded);
  }
}
