package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.Attacks;
import io.holdfast.common.SettingsReader;
import io.holdfast.evaluate.NamedAttack;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The section {@code evaluate} of an experiment file.
 *
 * @param attacks under the keys that they have in ledger and scorecard: the texts given
 * @param examples the most test samples to attack, the first ones; at least 1
 * @param curve the most samples for robust accuracy against epsilon; 0 for no curve
 * @param corruptions the most samples for accuracy under natural corruptions; 0 for none
 * @param shard the most samples that an attack takes at once; results are equal to the last bit for
 *     equal shards only
 * @param surrogates models that the attacker searches on in place of the trained one
 */
public record EvaluationSection(
    List<NamedAttack> attacks,
    int examples,
    int curve,
    int corruptions,
    int shard,
    SurrogateSection surrogates) {
  /** Test samples to attack unless the experiment says more. */
  public static final int DEFAULT_EXAMPLES = 1000;

  /** Samples for the curve over epsilon unless the experiment says more. */
  public static final int DEFAULT_CURVE = 200;

  /** The suite unless the experiment names another one. */
  public static final List<String> DEFAULT_ATTACKS = List.of("fgsm", "pgd[steps=50,restarts=5]");

  public EvaluationSection {
    attacks = List.copyOf(attacks);
  }

  /** Reads the section; problems go to the reader. */
  static EvaluationSection read(SettingsReader r) {
    return new EvaluationSection(
        attacks(r),
        r.integer("examples", DEFAULT_EXAMPLES, 1, Integer.MAX_VALUE),
        r.integer("curve", DEFAULT_CURVE, 0, Integer.MAX_VALUE),
        r.integer("corruptions", 0, 0, Integer.MAX_VALUE),
        r.integer("shard", AttackDriver.SHARD, 1, Integer.MAX_VALUE),
        SurrogateSection.read(r));
  }

  /** The list {@code attacks} of a section; the usual ones where it is missing. */
  static List<NamedAttack> attacks(SettingsReader r) {
    if (!r.has("attacks")) {
      return DEFAULT_ATTACKS.stream().map(EvaluationSection::named).toList();
    }
    List<NamedAttack> attacks = new ArrayList<>();
    for (SettingsReader entry : r.textsOrSections("attacks")) {
      Attack attack = Attacks.read(entry); // a stand-in for one that is not known
      if (!entry.label().isBlank()) {
        add(new NamedAttack(entry.label(), attack), attacks, r);
      }
    }
    return attacks;
  }

  private static void add(NamedAttack attack, List<NamedAttack> attacks, SettingsReader r) {
    boolean known = attack.key().startsWith(attack.attack().name());
    Optional<NamedAttack> same =
        attacks.stream()
            .filter(a -> known ? attack.isSame(a) : attack.key().equals(a.key()))
            .findFirst();
    if (same.isPresent()) {
      r.reject("attacks", "each attack once", attack.sameAs(same.get()), null);
    } else {
      attacks.add(attack);
    }
  }

  /** The attack that a text names, under that text as its key. */
  public static NamedAttack named(String text) {
    return new NamedAttack(text.strip(), Attacks.parse(text));
  }
}
