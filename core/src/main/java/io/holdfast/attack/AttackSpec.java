package io.holdfast.attack;

import io.holdfast.common.Call;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.Knowledge;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One line of the registry: how an attack is named, documented, read and written.
 *
 * @param name in files and on the command line
 * @param summary one sentence
 * @param sets the perturbation sets it works on, such as {@code linf}
 * @param paper author, year, section
 * @param usual the attack with every default
 * @param knobs its settings, in the order of documentation and texts
 */
public record AttackSpec<A extends Attack>(
    String name, String summary, List<String> sets, String paper, A usual, List<Knob<A>> knobs) {
  /** The balls. */
  public static final List<String> BALLS = List.of("linf", "l2", "l1");

  /** The keys of settings that say how long a round goes on. */
  public static final List<String> LENGTHS = List.of("steps", "queries");

  /** Every perturbation set with gradients. */
  public static final List<String> WITH_GRADIENTS =
      List.of(
          "linf",
          "l2",
          "l1",
          "l0",
          "pixels",
          "patch",
          "frame",
          "rotation-translation",
          "flow",
          "recolour",
          "wasserstein",
          "code-changes",
          "product");

  /** Every perturbation set. */
  public static final List<String> EVERY_SET =
      List.of(
          "linf",
          "l2",
          "l1",
          "l0",
          "pixels",
          "patch",
          "frame",
          "rotation-translation",
          "flow",
          "recolour",
          "wasserstein",
          "code-changes",
          "product",
          "corruption");

  public AttackSpec {
    sets = List.copyOf(sets);
    knobs = List.copyOf(knobs);
  }

  /**
   * One parameter.
   *
   * @param name its key
   * @param standard its default, as written in a file, or in words
   * @param meaning one phrase with unit and range
   * @param words whether the default is told in words: it follows from what is attacked, or {@link
   *     #REQUIRED}
   */
  public record Parameter(String name, String standard, String meaning, boolean words) {
    /** The word for a parameter that must be given. */
    public static final String REQUIRED = "required";

    /** One whose default could stand in a file. */
    public Parameter(String name, String standard, String meaning) {
      this(name, standard, meaning, false);
    }

    /** One whose default follows from something else. */
    public static Parameter inWords(String name, String usual, String meaning) {
      return new Parameter(name, usual, meaning, true);
    }

    /** Whether it must be given. */
    public boolean required() {
      return words && standard.equals(REQUIRED);
    }
  }

  /** The least the attacker must see of the model. */
  public Knowledge needs() {
    return usual.needs();
  }

  /** In the order of the documentation. */
  public List<Parameter> parameters() {
    return parameters(usual);
  }

  /** With the values of an attack of this line in place of the defaults. */
  public List<Parameter> parameters(A attack) {
    return knobs.stream().flatMap(knob -> knob.describe(attack).stream()).toList();
  }

  /**
   * What a search may try in place of the settings of an attack of this line, around both them and
   * the defaults; those under {@link #LENGTHS} too.
   */
  public List<Axis> axes(A attack) {
    List<Axis> all = new ArrayList<>();
    for (Knob<A> knob : knobs) {
      List<Axis> standard = knob.axes(usual);
      for (Axis own : knob.axes(attack)) {
        all.add(standard.stream().reduce(own, Axis::joined));
      }
    }
    return all;
  }

  /** The attack of a section; problems go to the section's reader. */
  public A read(SettingsReader section) {
    A attack = usual;
    for (Knob<A> knob : knobs) {
      attack = knob.read(section, attack);
    }
    for (Knob<A> knob : knobs) {
      knob.refuseIdle(section, attack);
    }
    return attack;
  }

  /**
   * Name and settings of an attack of this line, such as {@code pgd[steps=50,restarts=5]}; {@link
   * #read} gives an equal attack back.
   *
   * @throws IllegalStateException if it has a setting that no knob tells
   */
  String write(A attack) {
    Map<String, String> arguments = new LinkedHashMap<>();
    A told = usual;
    for (Knob<A> knob : knobs) {
      told = knob.write(attack, told, arguments);
    }
    if (!told.equals(attack)) {
      throw new IllegalStateException("no knob of " + name + " tells " + attack + " from " + told);
    }
    return new Call(name, arguments).toString();
  }
}
