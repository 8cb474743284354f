package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Map;

/**
 * One setting of attacks of type {@code A}, declared once: reading, writing and documentation
 * follow from it. Defaults are those of the attack that an {@link AttackSpec} starts from. {@link
 * Knobs} has them.
 */
public interface Knob<A> {
  /** Its keys, with the defaults of {@code usual}. */
  List<AttackSpec.Parameter> describe(A usual);

  /** {@code soFar} with what the section says; problems go to the section. */
  A read(SettingsReader section, A soFar);

  /** Reports to the section what it says of this setting and {@code attack} makes no use of. */
  default void refuseIdle(SettingsReader section, A attack) {}

  /**
   * {@code soFar} with this setting of {@code attack}.
   *
   * @param arguments gets what a text has to say for that
   */
  A write(A attack, A soFar, Map<String, String> arguments);

  /**
   * What a search may try around what {@code attack} has, or around the defaults of settings that
   * follow from what is attacked.
   */
  List<Axis> axes(A attack);
}
