package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/** One direction per value, in random order. */
record PixelDirections(Canvas canvas) implements Directions {
  @Override
  public int[] order(RandomGenerator random) {
    return Draws.permutation(canvas.size(), random);
  }

  @Override
  public void add(float[] image, int direction, double length) {
    image[direction] = (float) (image[direction] + length);
  }
}
