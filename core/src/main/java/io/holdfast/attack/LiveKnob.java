package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A setting that has a meaning only beside certain others: elsewhere it is refused instead of
 * ignored, and a search leaves it alone.
 *
 * @param live whether an attack makes use of it
 * @param otherwise why not, where it does not, such as {@code momentum is none}
 */
record LiveKnob<A>(Predicate<A> live, String otherwise, Knob<A> knob) implements Knob<A> {
  @Override
  public List<AttackSpec.Parameter> describe(A usual) {
    return knob.describe(usual);
  }

  @Override
  public A read(SettingsReader section, A soFar) {
    return knob.read(section, soFar);
  }

  @Override
  public void refuseIdle(SettingsReader section, A attack) {
    if (live.test(attack)) {
      knob.refuseIdle(section, attack);
      return;
    }
    for (AttackSpec.Parameter parameter : knob.describe(attack)) {
      if (section.has(parameter.name())) {
        String expected = "nothing, which is all it does where " + otherwise;
        section.reject(parameter.name(), expected, parameter.standard(), null);
      }
    }
  }

  @Override
  public A write(A attack, A soFar, Map<String, String> arguments) {
    return knob.write(attack, soFar, arguments);
  }

  @Override
  public List<Axis> axes(A attack) {
    return live.test(attack) ? knob.axes(attack) : List.of();
  }
}
