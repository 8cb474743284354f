package io.holdfast.evaluate;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.record.Attempt;

/**
 * An attack under the key that it has in ledger and scorecard: its name, or the text given where it
 * has parameters.
 *
 * @param key not blank, not {@code clean}
 * @param attack what runs
 */
public record NamedAttack(String key, Attack attack) {
  /**
   * @throws InvalidInputException if the key is blank or {@code clean}
   */
  public NamedAttack {
    if (key.isBlank() || key.equals(Attempt.CLEAN)) {
      throw new InvalidInputException(
          "evaluation", "attacks", "a key other than clean", '"' + key + '"');
    }
  }

  /** Whether this is the other one, whatever each of them is called. */
  public boolean isSame(NamedAttack other) {
    return key.equals(other.key) || attack.key().equals(other.attack.key());
  }

  /** That it is the {@linkplain #isSame same} as another, in words. */
  public String sameAs(NamedAttack other) {
    return key.equals(other.key) ? key + " twice" : key + ", which is " + other.key;
  }

  /** Under its canonical key, such as {@code pgd[steps=50,restarts=5]}. */
  public static NamedAttack of(Attack attack) {
    return new NamedAttack(attack.key(), attack);
  }

  /**
   * Reads {@code fgsm} or {@code pgd[steps=50,restarts=5]}; the text is the key.
   *
   * @throws InvalidInputException naming everything that is wrong, with the nearest known name
   */
  public static NamedAttack parse(String text) {
    Attack attack = Attacks.parse(text);
    Call call = Call.parse(text);
    return new NamedAttack(call.arguments().isEmpty() ? call.name() : text.strip(), attack);
  }
}
