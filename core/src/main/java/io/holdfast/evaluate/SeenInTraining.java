package io.holdfast.evaluate;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.record.SeenAttacks;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which attacks are new to a model. An attack is not, if training used one of the same name
 * or of the same {@link Attack#family}, whatever the parameters and the threat model: FGSM is PGD
 * with one step of full length from the clean input, so a model trained on PGD has seen it.
 *
 * @param trained what is known of the attacks in training
 */
record SeenInTraining(SeenAttacks trained) {
  /** The attack of training that makes this one no new one, if there is one. */
  Optional<String> by(NamedAttack attack) {
    return trained.names().stream()
        .filter(t -> same(t, attack.key()) || Attacks.family(t).equals(attack.attack().family()))
        .findFirst();
  }

  /** As {@link #by(NamedAttack)}, by a name or key alone. */
  Optional<String> by(String claim) {
    return trained.names().stream()
        .filter(t -> same(t, claim) || Attacks.family(t).equals(Attacks.family(claim)))
        .findFirst();
  }

  /** What training used, and the keys of these attacks that are not new. */
  SeenAttacks with(List<NamedAttack> attacks) {
    Set<String> all = new LinkedHashSet<>(trained.names());
    attacks.stream().filter(a -> by(a).isPresent()).map(NamedAttack::key).forEach(all::add);
    return new SeenAttacks(all, trained.complete());
  }

  private static boolean same(String a, String b) {
    return Attacks.name(a).equals(Attacks.name(b));
  }
}
