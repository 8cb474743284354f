package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/** An orthonormal basis of images {@code [D]}. */
interface Directions {
  /** The numbers of all directions, once each, in the order in which they are to be tried. */
  int[] order(RandomGenerator random);

  /** Adds {@code length} times a direction to an image {@code [D]}. */
  void add(float[] image, int direction, double length);
}
