package io.holdfast.attack.blackbox.decision;

/**
 * Where a decision-based attack begins: trails from the clean input to something that the model
 * takes for another class. Each is tried at an eighth, a quarter, half and all of its length and
 * then, by most attacks, halved down to a 64th.
 */
public enum Start {
  /**
   * Towards the goal's class: images of that class first, then noise. Else noise first; images of
   * other classes where 30 draws of it did not cross the boundary, then more noise.
   */
  AUTO,
  /** A blend with an image whose values are uniform in the domain. */
  UNIFORM,
  /** Normal noise on top, whose deviation grows up to the width of the domain. */
  GAUSSIAN,
  /** Whole pixels become the lowest or highest value, each channel on its own; more and more do. */
  SALT_AND_PEPPER,
  /**
   * A blend with an image that the model gives a class that the goal asks for, among those that are
   * attacked in the same run; the nearest of up to 32 first.
   */
  IMAGES
}
