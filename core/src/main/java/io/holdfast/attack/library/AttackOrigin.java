package io.holdfast.attack.library;

import io.holdfast.common.Call;

/**
 * What found an example.
 *
 * @param key name and configuration of the attack, such as {@code pgd[steps=50,restarts=5]}
 * @param seed it ran with
 * @param precision of the search, such as {@code float32}
 * @param code version of Holdfast that ran it
 * @param queries forward passes of the search spent on the sample
 * @param gradients backward passes of the search spent on the sample
 */
public record AttackOrigin(
    String key, long seed, String precision, String code, long queries, long gradients) {
  /**
   * @throws io.holdfast.common.InvalidInputException if the key has no form that an attack's has
   */
  public AttackOrigin {
    Call.parse(key);
  }

  /** The same, with what was spent on one sample. */
  AttackOrigin spending(long ofQueries, long ofGradients) {
    return new AttackOrigin(key, seed, precision, code, ofQueries, ofGradients);
  }

  /** Its name without its configuration, such as {@code pgd}. */
  public String name() {
    return Call.parse(key).name();
  }
}
