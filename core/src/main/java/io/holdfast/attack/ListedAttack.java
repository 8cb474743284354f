package io.holdfast.attack;

/**
 * An attack of the registry; its name and its key follow from its line there.
 *
 * @param <A> the attack's own class, which has {@code equals}
 */
public interface ListedAttack<A extends ListedAttack<A>> extends Attack {
  /** The attack's line in the registry. */
  AttackSpec<A> spec();

  @Override
  default String name() {
    return spec().name();
  }

  @Override
  @SuppressWarnings("unchecked") // A is the attack's own class
  default String key() {
    return spec().write((A) this);
  }
}
