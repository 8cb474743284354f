package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** A setting of a part of the attack. */
record PartKnob<A, P>(Function<A, P> part, BiFunction<A, P, A> with, Knob<P> knob)
    implements Knob<A> {
  @Override
  public List<AttackSpec.Parameter> describe(A usual) {
    return knob.describe(part.apply(usual));
  }

  @Override
  public A read(SettingsReader section, A soFar) {
    return with.apply(soFar, knob.read(section, part.apply(soFar)));
  }

  @Override
  public void refuseIdle(SettingsReader section, A attack) {
    knob.refuseIdle(section, part.apply(attack));
  }

  @Override
  public A write(A attack, A soFar, Map<String, String> arguments) {
    P told = knob.write(part.apply(attack), part.apply(soFar), arguments);
    return with.apply(soFar, told);
  }

  @Override
  public List<Axis> axes(A attack) {
    return knob.axes(part.apply(attack));
  }
}
