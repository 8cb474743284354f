package io.holdfast.attack;

import io.holdfast.attack.gradient.GradientAttacks;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.Knowledge;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The registry of attacks: one line each. */
public final class Attacks {
  private static final List<String> EVERY_SET =
      List.of("linf", "l2", "l1", "rotation-translation", "code-changes", "product");
  private static final Map<String, AttackSpec> SPECS = specs();

  private Attacks() {}

  private static Map<String, AttackSpec> specs() {
    List<AttackSpec> all = new ArrayList<>();
    all.add(noise(RandomNoise.Kind.UNIFORM, "points drawn uniformly from the set", EVERY_SET));
    all.add(noise(RandomNoise.Kind.GAUSSIAN, "normal noise, projected", EVERY_SET.subList(0, 3)));
    all.addAll(GradientAttacks.all());
    Map<String, AttackSpec> byName = new LinkedHashMap<>();
    all.forEach(spec -> byName.put(spec.name(), spec));
    return Collections.unmodifiableMap(byName);
  }

  private static AttackSpec noise(RandomNoise.Kind kind, String summary, List<String> sets) {
    return new AttackSpec(
        new RandomNoise(kind, 1).name(),
        summary + ": the baseline that every attack must beat",
        sets,
        Knowledge.DECISION,
        "",
        List.of(new AttackSpec.Parameter("restarts", "1", "points per sample, at least 1")),
        r -> new RandomNoise(kind, r.integer("restarts", 1, 1, 1_000_000)));
  }

  /** Every attack, in the order of the documentation. */
  public static List<AttackSpec> describe() {
    return List.copyOf(SPECS.values());
  }

  /**
   * Reads {@code fgsm} or {@code pgd[steps=50,restarts=5]}.
   *
   * @throws InvalidInputException naming everything that is wrong, with the nearest known name
   */
  public static Attack parse(String text) {
    return read(Call.parse(text).toSettings());
  }

  /**
   * Reads {@code fgsm,pgd[steps=50,restarts=5]}.
   *
   * @throws InvalidInputException as {@link #parse}
   */
  public static List<Attack> parseList(String text) {
    return Call.splitList(text).stream().map(Attacks::parse).toList();
  }

  /** Reads a section such as {@code {name: pgd, steps: 50}}. */
  public static Attack read(Settings section) {
    Problems problems = new Problems("");
    SettingsReader reader = section.reader(problems);
    Attack attack = read(reader);
    reader.finish();
    problems.throwIfAny();
    return attack;
  }

  /**
   * Reads a section as {@link SettingsReader#textOrSection} gives it; problems go to the reader,
   * and a harmless attack comes back.
   */
  public static Attack read(SettingsReader section) {
    String name = section.text(Settings.NAME);
    AttackSpec spec = SPECS.get(name);
    if (spec == null) {
      if (!name.isEmpty()) {
        section.reject(
            Settings.NAME,
            "an attack: " + String.join(", ", SPECS.keySet()),
            '"' + name + '"',
            Nearest.hint(name, SPECS.keySet()));
      }
      section.allow(section.keys().toArray(String[]::new));
      return new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
    }
    return spec.reader().apply(section);
  }
}
