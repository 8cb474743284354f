package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A value that by default follows from what is attacked, and is written only where it was given.
 *
 * @param usual the default in words
 * @param get the given value, empty for none
 * @param reader the value of a section that says one
 * @param axis what may be tried in place of a given value, or of none
 */
record GivenKnob<A, V>(
    String key,
    String usual,
    String meaning,
    Function<A, Optional<V>> get,
    BiFunction<A, V, A> with,
    Function<SettingsReader, V> reader,
    Function<Optional<V>, Optional<Axis>> axis)
    implements Knob<A> {
  @Override
  public List<AttackSpec.Parameter> describe(A attack) {
    return List.of(AttackSpec.Parameter.inWords(key, usual, meaning));
  }

  @Override
  public A read(SettingsReader section, A soFar) {
    return section.has(key) ? with.apply(soFar, reader.apply(section)) : soFar;
  }

  @Override
  public A write(A attack, A soFar, Map<String, String> arguments) {
    Optional<V> given = get.apply(attack);
    given.ifPresent(value -> arguments.put(key, value.toString()));
    return given.map(value -> with.apply(soFar, value)).orElse(soFar);
  }

  @Override
  public List<Axis> axes(A attack) {
    return axis.apply(get.apply(attack)).stream().toList();
  }
}
