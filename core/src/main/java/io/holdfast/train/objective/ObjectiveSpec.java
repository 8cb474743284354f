package io.holdfast.train.objective;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knob;
import io.holdfast.common.SettingsReader;
import java.util.List;

/**
 * One line of the registry: how an objective is named, documented and read.
 *
 * @param name in files and on the command line
 * @param terms the loss in words
 * @param paper author, year, section or equation
 * @param usual the objective with every default
 * @param knobs its settings, in the order of documentation
 */
public record ObjectiveSpec<O extends ListedObjective<O>>(
    String name, String terms, String paper, O usual, List<Knob<O>> knobs) {
  public ObjectiveSpec {
    knobs = List.copyOf(knobs);
  }

  /** In the order of the documentation. */
  public List<AttackSpec.Parameter> parameters() {
    return knobs.stream().flatMap(knob -> knob.describe(usual).stream()).toList();
  }

  /** With every default. */
  public Passes passes() {
    return usual.passes();
  }

  /** The objective of a section; problems go to the section's reader. */
  public O read(SettingsReader section) {
    O objective = usual;
    for (Knob<O> knob : knobs) {
      objective = knob.read(section, objective);
    }
    for (Knob<O> knob : knobs) {
      knob.refuseIdle(section, objective);
    }
    return objective;
  }
}
