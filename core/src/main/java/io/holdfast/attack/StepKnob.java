package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The length of a step, under one of two keys.
 *
 * @param absolute the default of the first in words
 * @param relative the default of the second in words
 */
record StepKnob<A>(
    String absolute, String relative, Function<A, StepSize> get, BiFunction<A, StepSize, A> with)
    implements Knob<A> {
  private static final String ABSOLUTE = "step_size";
  private static final String RELATIVE = "relative_step";

  @Override
  public List<AttackSpec.Parameter> describe(A usual) {
    return List.of(
        AttackSpec.Parameter.inWords(
            ABSOLUTE, absolute, "length in the units of the input, above 0"),
        AttackSpec.Parameter.inWords(RELATIVE, relative, "length as a part of epsilon, above 0"));
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

  /** Under the key that the attack's own length has. */
  @Override
  public List<Axis> axes(A attack) {
    StepSize size = get.apply(attack);
    boolean isRelative = Double.isNaN(size.absolute());
    double length = isRelative ? size.relative() : size.absolute();
    String key = isRelative ? RELATIVE : ABSOLUTE;
    return List.of(Axis.Numbers.around(key, length, 0, Double.MAX_VALUE));
  }
}
