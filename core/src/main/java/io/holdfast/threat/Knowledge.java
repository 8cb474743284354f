package io.holdfast.threat;

import java.util.Locale;

/** What the attacker sees of the model, least first. */
public enum Knowledge {
  /** The predicted class alone. */
  DECISION("sees the predicted class only"),
  /** The logits or probabilities of every class. */
  SCORE("sees the score of every class"),
  /** Everything, gradients included. */
  WHITE_BOX("knows the model and its weights");

  private final String words;

  Knowledge(String words) {
    this.words = words;
  }

  /** The name in files: {@code decision}, {@code score}, {@code white-box}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether an attack that needs {@code need} may be run by an attacker with this knowledge. */
  public boolean allows(Knowledge need) {
    return need.compareTo(this) <= 0;
  }

  String words() {
    return words;
  }
}
