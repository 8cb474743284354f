package io.holdfast.attack.ensemble;

import io.holdfast.attack.Attack;
import io.holdfast.attack.ForwardingAttack;
import io.holdfast.attack.Prospect;
import java.util.function.Predicate;

/**
 * An attack that is spent where it may pay, with random streams of its own and targets in the order
 * that was learnt before.
 */
final class Effort extends ForwardingAttack {
  private final String name;
  private final Predicate<Prospect> where;

  /**
   * An attack under a condition.
   *
   * @param attack what runs
   * @param name of its random streams
   * @param where the samples that it is spent on
   */
  Effort(Attack attack, String name, Predicate<Prospect> where) {
    super(attack);
    this.name = name;
    this.where = where;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean tries(Prospect prospect) {
    return where.test(prospect);
  }

  @Override
  public boolean learnsTargets() {
    return true;
  }
}
