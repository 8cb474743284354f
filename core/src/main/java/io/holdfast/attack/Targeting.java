package io.holdfast.attack;

/** Which class an attack steers towards while it searches; what counts is the threat's goal. */
public enum Targeting {
  /** What the threat model's goal says: away from the label, or towards the wanted class. */
  GOAL,
  /** Towards each wrong class in turn, the likeliest on the clean input first. */
  ALL,
  /** Towards the class that the model finds least likely on the clean input. */
  LEAST_LIKELY;

  /** Rounds for one restart. */
  int rounds(int classes) {
    return this == ALL ? classes - 1 : 1;
  }
}
