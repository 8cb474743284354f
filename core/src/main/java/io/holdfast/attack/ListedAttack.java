package io.holdfast.attack;

import io.holdfast.common.InvalidInputException;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.ThreatModel;
import java.util.List;

/**
 * An attack of the registry; its name and its key follow from its line there.
 *
 * @param <A> the attack's own class, which has {@code equals}
 */
public interface ListedAttack<A extends ListedAttack<A>> extends Attack {
  /** The attack's line in the registry. */
  AttackSpec<A> spec();

  /**
   * {@inheritDoc}
   *
   * <p>Whoever overrides this calls it first: it refuses sets that are not in the attack's line,
   * unless that says {@link AttackSpec#EVERY_SET}.
   */
  @Override
  default void check(ThreatModel threat, int classes) {
    if (spec().sets().equals(AttackSpec.EVERY_SET)) {
      return;
    }
    for (PerturbationSet member : threat.set().members()) {
      if (!spec().sets().contains(member.kind())) {
        throw new InvalidInputException(
            "attack " + key(),
            "",
            "a threat model of " + String.join(", ", spec().sets()),
            threat.set().key());
      }
    }
  }

  @Override
  default String name() {
    return spec().name();
  }

  @Override
  @SuppressWarnings("unchecked") // A is the attack's own class
  default String key() {
    return spec().write((A) this);
  }

  /** Its settings with their values, in the order of the documentation. */
  @SuppressWarnings("unchecked") // A is the attack's own class
  default List<AttackSpec.Parameter> parameters() {
    return spec().parameters((A) this);
  }

  /** What a search may try in place of its settings. */
  @SuppressWarnings("unchecked") // A is the attack's own class
  default List<Axis> axes() {
    return spec().axes((A) this);
  }
}
