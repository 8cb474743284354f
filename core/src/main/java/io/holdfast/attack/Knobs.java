package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

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
    return whole(key, meaning, 1, MANY, get, with);
  }

  /** A whole number in [least, most]. */
  public static <A> Knob<A> whole(
      String key,
      String meaning,
      int least,
      int most,
      Function<A, Integer> get,
      BiFunction<A, Integer, A> with) {
    return new PlainKnob<>(
        key,
        meaning,
        false,
        get,
        with,
        (r, usual) -> r.integer(key, usual, least, most),
        value -> Axis.Whole.around(key, value, least, most, false));
  }

  /** An odd number in [least, most]. */
  public static <A> Knob<A> odd(
      String key,
      String meaning,
      int least,
      int most,
      Function<A, Integer> get,
      BiFunction<A, Integer, A> with) {
    return new PlainKnob<>(
        key,
        meaning + ", odd",
        false,
        get,
        with,
        (r, usual) -> odd(r, key, usual, least, most),
        value -> Axis.Whole.around(key, value, least, most, true));
  }

  private static int odd(SettingsReader section, String key, int usual, int least, int most) {
    int value = section.integer(key, usual, least, most);
    if (value % 2 == 0) {
      section.reject(key, "an odd number", Integer.toString(value), null);
      return usual;
    }
    return value;
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
    return new GivenKnob<>(
        key,
        usual,
        meaning,
        attack -> get.apply(attack).stream().boxed().findFirst(),
        with,
        r -> r.integer(key, 1, MANY),
        given -> Optional.of(Axis.Whole.around(key, given.orElse(1), 1, MANY, false)));
  }

  /**
   * A number above 0 that by default follows from what is attacked.
   *
   * @param usual the default in words
   * @param defaults the same in numbers, at least one: a search tries what lies around them where
   *     no number was given
   */
  public static <A> Knob<A> ownNumber(
      String key,
      String usual,
      List<Double> defaults,
      String meaning,
      Function<A, OptionalDouble> get,
      BiFunction<A, Double, A> with) {
    return new GivenKnob<>(
        key,
        usual,
        meaning + ", above 0",
        attack -> get.apply(attack).stream().boxed().findFirst(),
        with,
        r -> r.positive(key),
        given ->
            given.map(List::of).orElse(defaults).stream()
                .map(value -> (Axis) Axis.Numbers.around(key, value, 0, Double.MAX_VALUE))
                .reduce(Axis::joined));
  }

  /** A number in [0, 1]. */
  public static <A> Knob<A> share(
      String key, String meaning, Function<A, Double> get, BiFunction<A, Double, A> with) {
    return new PlainKnob<>(
        key,
        meaning + ", in [0, 1]",
        false,
        get,
        with,
        (r, usual) -> r.number(key, usual, 0, 1),
        value -> new Axis.Numbers(key, 0, 1, false));
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
    return new PlainKnob<>(
        key,
        meaning + range,
        false,
        get,
        with,
        (r, usual) -> r.number(key, usual, low, high),
        value -> Axis.Numbers.around(key, value, low, high));
  }

  /** {@code true} or {@code false}. */
  public static <A> Knob<A> flag(
      String key, String meaning, Function<A, Boolean> get, BiFunction<A, Boolean, A> with) {
    return new PlainKnob<>(
        key,
        meaning,
        false,
        get,
        with,
        (r, usual) -> r.flag(key, usual),
        value -> new Axis.Words(key, List.of("false", "true")));
  }

  /**
   * {@code true} or {@code false}, which by default follows from other settings.
   *
   * @param usual the default in words
   */
  public static <A> Knob<A> ownFlag(
      String key,
      String usual,
      String meaning,
      Function<A, Optional<Boolean>> get,
      BiFunction<A, Boolean, A> with) {
    return new GivenKnob<>(
        key,
        usual,
        meaning,
        get,
        with,
        r -> r.flag(key, false),
        given -> Optional.of(new Axis.Words(key, List.of("false", "true"))));
  }

  /** A constant, written in lower case with {@code -} for {@code _}. */
  public static <A, E extends Enum<E>> Knob<A> choice(
      String key, String meaning, Function<A, E> get, BiFunction<A, E, A> with) {
    return new PlainKnob<>(
        key,
        meaning,
        false,
        get,
        with,
        (r, usual) -> r.choice(key, usual),
        value -> new Axis.Words(key, words(value.getDeclaringClass())));
  }

  private static List<String> words(Class<? extends Enum<?>> type) {
    return Arrays.stream(type.getEnumConstants()).map(PlainKnob::word).toList();
  }

  /** {@code steps}, which every text says. */
  public static <A> Knob<A> steps(Function<A, Integer> get, BiFunction<A, Integer, A> with) {
    return new PlainKnob<>(
        "steps",
        "steps per round, at least 1",
        true,
        get,
        with,
        (r, usual) -> r.integer("steps", usual, 1, MANY),
        value -> Axis.Whole.around("steps", value, 1, MANY, false));
  }

  /** {@code restarts}. */
  public static <A extends Attack> Knob<A> restarts(BiFunction<A, Integer, A> with) {
    return count(
        "restarts", "rounds on samples that still stand, at least 1", Attack::restarts, with);
  }

  /** {@code loss}. */
  public static <A> Knob<A> loss(Function<A, Losses> get, BiFunction<A, Losses, A> with) {
    return choice(
        "loss",
        "what is maximised: ce, cw (margin), dlr, md (two logits' difference), logit, or kl"
            + " (divergence from the clean prediction)",
        get,
        with);
  }

  /** A word that by default follows from what is attacked. */
  public static <A> Knob<A> ownText(
      String key,
      String usual,
      String meaning,
      Function<A, Optional<String>> get,
      BiFunction<A, String, A> with) {
    return new GivenKnob<>(
        key, usual, meaning, get, with, r -> r.text(key), given -> Optional.empty());
  }

  /**
   * {@code step_size} or {@code relative_step}, of which one may be given; by default a fixed part
   * of epsilon.
   */
  public static <A> Knob<A> step(
      StepSize usual, Function<A, StepSize> get, BiFunction<A, StepSize, A> with) {
    String part = Double.toString(usual.relative());
    return new StepKnob<>(part + " epsilon", part, get, with);
  }

  /**
   * {@code step_size} or {@code relative_step}, of which one may be given; by default {@link
   * StepSize#standard}.
   */
  public static <A> Knob<A> standardStep(
      Function<A, StepSize> get, BiFunction<A, StepSize, A> with) {
    return step(StepSize.STANDARD, get, with);
  }

  /**
   * {@code step_size} or {@code relative_step}, of which one may be given.
   *
   * @param usual the default in words, where it follows from other settings
   */
  public static <A> Knob<A> step(
      String usual, Function<A, StepSize> get, BiFunction<A, StepSize, A> with) {
    return new StepKnob<>(usual, "as step_size", get, with);
  }

  /**
   * A setting that is refused where an attack makes no use of it.
   *
   * @param live whether it does
   * @param otherwise why not, where it does not, such as {@code momentum is none}
   */
  public static <A> Knob<A> where(Predicate<A> live, String otherwise, Knob<A> knob) {
    return new LiveKnob<>(live, otherwise, knob);
  }

  /** A setting of a part of the attack. */
  public static <A, P> Knob<A> of(Function<A, P> part, BiFunction<A, P, A> with, Knob<P> knob) {
    return new PartKnob<>(part, with, knob);
  }
}
