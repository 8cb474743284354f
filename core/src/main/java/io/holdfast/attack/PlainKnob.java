package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One value under one key.
 *
 * @param always whether every text says it
 * @param reader the value of a section, given the one where it says none
 * @param axis what may be tried in place of a value
 */
record PlainKnob<A, V>(
    String key,
    String meaning,
    boolean always,
    Function<A, V> get,
    BiFunction<A, V, A> with,
    BiFunction<SettingsReader, V, V> reader,
    Function<V, Axis> axis)
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

  @Override
  public List<Axis> axes(A attack) {
    return List.of(axis.apply(get.apply(attack)));
  }

  private static String written(Object value) {
    return value instanceof Enum<?> constant ? word(constant) : value.toString();
  }

  /** A constant as it is written. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
