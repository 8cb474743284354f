package io.holdfast.common;

import io.holdfast.common.SettingsNode.Kind;
import io.holdfast.common.SettingsNode.Scalar;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Turns a node of a settings tree into a value, or reports what would have been right. */
final class Conversions {
  private Conversions() {}

  /** Takes what is wrong with a node. */
  @FunctionalInterface
  interface Report {
    void wrong(SettingsNode node, String expected, @Nullable String hint);
  }

  /** Gives the node's value; null after reporting. */
  @FunctionalInterface
  interface Conversion<T> {
    @Nullable T of(SettingsNode node, Report report);
  }

  static Conversion<String> text() {
    return (node, report) -> {
      if (node instanceof Scalar scalar && scalar.kind() != Kind.NOTHING) {
        return scalar.text();
      }
      report.wrong(node, "a text", null);
      return null;
    };
  }

  static Conversion<Boolean> flag() {
    return (node, report) -> {
      if (node instanceof Scalar scalar && scalar.kind() == Kind.FLAG) {
        return Scalars.flag(scalar.text());
      }
      report.wrong(node, "true or false", quotes(node));
      return null;
    };
  }

  static Conversion<Long> integer(long min, long max) {
    return (node, report) -> {
      if (node instanceof Scalar scalar && scalar.kind() == Kind.INTEGER) {
        long value = Scalars.integer(scalar.text());
        if (value >= min && value <= max) {
          return value;
        }
      }
      report.wrong(node, integerText(min, max), integerHint(node));
      return null;
    };
  }

  static Conversion<Double> number(double min, double max) {
    return (node, report) -> {
      Double value = numberOrNull(node);
      if (value != null && Double.isFinite(value) && value >= min && value <= max) {
        return value;
      }
      report.wrong(node, numberText(min, max), quotes(node));
      return null;
    };
  }

  static Conversion<Double> numberOr(String word, double meaning, double min, double max) {
    Conversion<Double> number = number(min, max);
    return (node, report) ->
        node instanceof Scalar scalar && scalar.text().equals(word)
            ? (Double) meaning
            : number.of(node, report);
  }

  static Conversion<String> choice(Collection<String> allowed) {
    return (node, report) -> {
      if (node instanceof Scalar scalar && allowed.contains(scalar.text())) {
        return scalar.text();
      }
      String hint = node instanceof Scalar scalar ? Nearest.hint(scalar.text(), allowed) : null;
      report.wrong(node, choiceText(allowed), hint);
      return null;
    };
  }

  static String integerText(long min, long max) {
    boolean bounded = max != Long.MAX_VALUE && max != Integer.MAX_VALUE;
    if (min == Long.MIN_VALUE || min == Integer.MIN_VALUE) {
      return bounded ? "an integer of at most " + max : "an integer";
    }
    return bounded ? "an integer from " + min + " to " + max : "an integer of at least " + min;
  }

  static String numberText(double min, double max) {
    boolean above = min == Double.MIN_VALUE;
    if (max == Double.POSITIVE_INFINITY || max == Double.MAX_VALUE) {
      String least = above ? "a number above 0" : "a number of at least " + shortest(min);
      return min == Double.NEGATIVE_INFINITY || min == -Double.MAX_VALUE
          ? "a finite number"
          : least;
    }
    if (above) {
      return "a number above 0 and at most " + shortest(max);
    }
    return min == Double.NEGATIVE_INFINITY || min == -Double.MAX_VALUE
        ? "a number of at most " + shortest(max)
        : "a number from " + shortest(min) + " to " + shortest(max);
  }

  static String choiceText(Collection<String> allowed) {
    return allowed.size() == 1 ? allowed.iterator().next() : "one of " + String.join(", ", allowed);
  }

  private static @Nullable Double numberOrNull(SettingsNode node) {
    if (!(node instanceof Scalar scalar)) {
      return null;
    }
    return switch (scalar.kind()) {
      case INTEGER -> (double) Scalars.integer(scalar.text());
      case DECIMAL -> Scalars.decimal(scalar.text());
      case TEXT -> Scalars.fraction(scalar.text());
      default -> null;
    };
  }

  private static @Nullable String integerHint(SettingsNode node) {
    if (node instanceof Scalar scalar && scalar.kind() == Kind.DECIMAL) {
      double value = Scalars.decimal(scalar.text());
      return value == Math.rint(value) && Math.abs(value) < 1e15
          ? "write " + shortest(value)
          : null;
    }
    return quotes(node);
  }

  /** Quoted text that would be a number or flag without its quotes. */
  private static @Nullable String quotes(SettingsNode node) {
    boolean quoted =
        node instanceof Scalar scalar
            && scalar.kind() == Kind.TEXT
            && Scalars.kind(scalar.text()) != Kind.TEXT
            && Scalars.kind(scalar.text()) != Kind.NOTHING;
    return quoted ? "without the quotes" : null;
  }

  private static String shortest(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
