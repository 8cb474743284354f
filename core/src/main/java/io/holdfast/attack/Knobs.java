package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The settings of attacks. Each is given by its reading ({@code get}) and by the same attack with
 * another value ({@code with}).
 */
public final class Knobs {
  private static final int MANY = 1_000_000;

  private Knobs() {}

  /** A whole number of at least 1. */
  public static <A> Knob<A> count(
      String key, String meaning, Function<A, Integer> get, BiFunction<A, Integer, A> with) {
    return new One<>(key, meaning, false, get, with, (r, usual) -> r.integer(key, usual, 1, MANY));
  }

  /**
   * A whole number of at least 1 that by default follows from what is attacked.
   *
   * @param usual the default in words
   */
  public static <A> Knob<A> ownCount(
      String key,
      String usual,
      String meaning,
      Function<A, OptionalInt> get,
      BiFunction<A, Integer, A> with) {
    return new Own<>(key, usual, meaning, get, with);
  }

  /**
   * A number above 0 that by default follows from what is attacked.
   *
   * @param usual the default in words
   */
  public static <A> Knob<A> ownNumber(
      String key,
      String usual,
      String meaning,
      Function<A, OptionalDouble> get,
      BiFunction<A, Double, A> with) {
    return new OwnNumber<>(key, usual, meaning + ", above 0", get, with);
  }

  /** A number in [0, 1]. */
  public static <A> Knob<A> share(
      String key, String meaning, Function<A, Double> get, BiFunction<A, Double, A> with) {
    return new One<>(
        key, meaning + ", in [0, 1]", false, get, with, (r, usual) -> r.number(key, usual, 0, 1));
  }

  /** A number in [low, high]. */
  public static <A> Knob<A> number(
      String key,
      String meaning,
      double low,
      double high,
      Function<A, Double> get,
      BiFunction<A, Double, A> with) {
    String range = ", in [" + low + ", " + high + "]";
    return new One<>(
        key, meaning + range, false, get, with, (r, usual) -> r.number(key, usual, low, high));
  }

  /** {@code true} or {@code false}. */
  public static <A> Knob<A> flag(
      String key, String meaning, Function<A, Boolean> get, BiFunction<A, Boolean, A> with) {
    return new One<>(key, meaning, false, get, with, (r, usual) -> r.flag(key, usual));
  }

  /** A constant, written in lower case with {@code -} for {@code _}. */
  public static <A, E extends Enum<E>> Knob<A> choice(
      String key, String meaning, Function<A, E> get, BiFunction<A, E, A> with) {
    return new One<>(key, meaning, false, get, with, (r, usual) -> r.choice(key, usual));
  }

  /** {@code steps}, which every text says. */
  public static <A> Knob<A> steps(Function<A, Integer> get, BiFunction<A, Integer, A> with) {
    return new One<>(
        "steps",
        "steps per round, at least 1",
        true,
        get,
        with,
        (r, usual) -> r.integer("steps", usual, 1, MANY));
  }

  /** {@code restarts}. */
  public static <A extends Attack> Knob<A> restarts(BiFunction<A, Integer, A> with) {
    return count(
        "restarts", "rounds on samples that still stand, at least 1", Attack::restarts, with);
  }

  /** {@code loss}, one of those that need labels alone. */
  public static <A> Knob<A> loss(Function<A, Losses> get, BiFunction<A, Losses, A> with) {
    List<String> keys = Losses.OF_LABELS.stream().map(Losses::key).toList();
    return new One<>(
        "loss",
        "what is maximised: ce, cw (margin) or dlr",
        false,
        get,
        with,
        (r, usual) -> Losses.OF_LABELS.get(keys.indexOf(r.choice("loss", usual.key(), keys))));
  }

  /**
   * {@code step_size} or {@code relative_step}, of which one may be given; by default a fixed part
   * of epsilon.
   */
  public static <A> Knob<A> step(
      StepSize usual, Function<A, StepSize> get, BiFunction<A, StepSize, A> with) {
    String part = Double.toString(usual.relative());
    return new Step<>(part + " epsilon", part, get, with);
  }

  /**
   * {@code step_size} or {@code relative_step}, of which one may be given; by default {@link
   * StepSize#standard}.
   */
  public static <A> Knob<A> standardStep(
      Function<A, StepSize> get, BiFunction<A, StepSize, A> with) {
    return new Step<>("epsilon/4, beyond ten steps 2.5 epsilon/steps", "as step_size", get, with);
  }

  /** One value under one key. */
  private record One<A, V>(
      String key,
      String meaning,
      boolean always,
      Function<A, V> get,
      BiFunction<A, V, A> with,
      BiFunction<SettingsReader, V, V> reader)
      implements Knob<A> {
    @Override
    public List<AttackSpec.Parameter> describe(A usual) {
      return List.of(new AttackSpec.Parameter(key, written(get.apply(usual)), meaning));
    }

    @Override
    public A read(SettingsReader section, A soFar) {
      return with.apply(soFar, reader.apply(section, get.apply(soFar)));
    }

    @Override
    public A write(A attack, A soFar, Map<String, String> arguments) {
      V value = get.apply(attack);
      if (always || !value.equals(get.apply(soFar))) {
        arguments.put(key, written(value));
      }
      return with.apply(soFar, value);
    }

    private static String written(Object value) {
      return value instanceof Enum<?> constant
          ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
          : value.toString();
    }
  }

  /** A number that is written only where it was given. */
  private record Own<A>(
      String key,
      String usual,
      String meaning,
      Function<A, OptionalInt> get,
      BiFunction<A, Integer, A> with)
      implements Knob<A> {
    @Override
    public List<AttackSpec.Parameter> describe(A attack) {
      return List.of(new AttackSpec.Parameter(key, usual, meaning));
    }

    @Override
    public A read(SettingsReader section, A soFar) {
      return section.has(key) ? with.apply(soFar, section.integer(key, 1, MANY)) : soFar;
    }

    @Override
    public A write(A attack, A soFar, Map<String, String> arguments) {
      OptionalInt given = get.apply(attack);
      if (given.isEmpty()) {
        return soFar;
      }
      arguments.put(key, Integer.toString(given.getAsInt()));
      return with.apply(soFar, given.getAsInt());
    }
  }

  /** As {@link Own}, for a number above 0. */
  private record OwnNumber<A>(
      String key,
      String usual,
      String meaning,
      Function<A, OptionalDouble> get,
      BiFunction<A, Double, A> with)
      implements Knob<A> {
    @Override
    public List<AttackSpec.Parameter> describe(A attack) {
      return List.of(new AttackSpec.Parameter(key, usual, meaning));
    }

    @Override
    public A read(SettingsReader section, A soFar) {
      return section.has(key) ? with.apply(soFar, section.positive(key)) : soFar;
    }

    @Override
    public A write(A attack, A soFar, Map<String, String> arguments) {
      OptionalDouble given = get.apply(attack);
      if (given.isEmpty()) {
        return soFar;
      }
      arguments.put(key, Double.toString(given.getAsDouble()));
      return with.apply(soFar, given.getAsDouble());
    }
  }

  /** The length of a step, with the defaults of its two keys in words. */
  private record Step<A>(
      String absolute, String relative, Function<A, StepSize> get, BiFunction<A, StepSize, A> with)
      implements Knob<A> {
    private static final String ABSOLUTE = "step_size";
    private static final String RELATIVE = "relative_step";

    @Override
    public List<AttackSpec.Parameter> describe(A usual) {
      return List.of(
          new AttackSpec.Parameter(ABSOLUTE, absolute, "length in the units of the input, above 0"),
          new AttackSpec.Parameter(RELATIVE, relative, "length as a part of epsilon, above 0"));
    }

    @Override
    public A read(SettingsReader section, A soFar) {
      if (section.has(ABSOLUTE) && section.has(RELATIVE)) {
        section.reject(RELATIVE, ABSOLUTE + " or " + RELATIVE, "both", null);
      }
      if (section.has(RELATIVE)) {
        return with.apply(soFar, StepSize.relative(section.positive(RELATIVE)));
      }
      return section.has(ABSOLUTE)
          ? with.apply(soFar, StepSize.absolute(section.positive(ABSOLUTE)))
          : soFar;
    }

    @Override
    public A write(A attack, A soFar, Map<String, String> arguments) {
      StepSize size = get.apply(attack);
      if (!size.equals(get.apply(soFar)) && Double.isNaN(size.absolute())) {
        arguments.put(RELATIVE, Double.toString(size.relative()));
      } else if (!size.equals(get.apply(soFar))) {
        arguments.put(ABSOLUTE, Double.toString(size.absolute()));
      }
      return with.apply(soFar, size);
    }
  }
}
