package io.holdfast.attack;

import io.holdfast.common.SettingsReader;
import io.holdfast.threat.Knowledge;
import java.util.List;
import java.util.function.Function;

/**
 * One line of the registry: how an attack is named, documented and read.
 *
 * @param name in files and on the command line
 * @param summary one sentence
 * @param sets the perturbation sets it works on, such as {@code linf}
 * @param needs the least the attacker must see of the model
 * @param paper author, year, section
 * @param parameters in the order of the documentation
 * @param reader from the section to the attack; problems go to the section's reader
 */
public record AttackSpec(
    String name,
    String summary,
    List<String> sets,
    Knowledge needs,
    String paper,
    List<Parameter> parameters,
    Function<SettingsReader, Attack> reader) {
  public AttackSpec {
    sets = List.copyOf(sets);
    parameters = List.copyOf(parameters);
  }

  /**
   * One parameter.
   *
   * @param name its key
   * @param standard its default, as written in a file
   * @param meaning one phrase with unit and range
   */
  public record Parameter(String name, String standard, String meaning) {}
}
