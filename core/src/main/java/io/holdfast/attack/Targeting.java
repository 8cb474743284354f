package io.holdfast.attack;

import io.holdfast.threat.ThreatModel;

/** Which class an attack steers towards while it searches; what counts is the threat's goal. */
public enum Targeting {
  /** What the threat model's goal says: away from the label, or towards the wanted class. */
  GOAL,
  /**
   * Towards each wrong class in turn, the likeliest on the clean input first, up to {@link
   * Attack#mostTargets}.
   */
  ALL,
  /** Towards the class that the model finds least likely on the clean input. */
  LEAST_LIKELY;

  /** Rounds for one restart; a goal that wants one class leaves no choice. */
  int rounds(Attack attack, ThreatModel threat, int classes) {
    boolean several = this == ALL && !threat.goal().targeted();
    return several ? Math.min(classes - 1, attack.mostTargets(threat)) : 1;
  }
}
