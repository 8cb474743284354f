package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Random choices among numbers. */
final class Draws {
  private Draws() {}

  /** A random order of {@code 0 .. n-1}. */
  static int[] permutation(int n, RandomGenerator random) {
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    shuffleFront(order, n, random);
    return order;
  }

  /** Moves {@code count} of the numbers, drawn without replacement, to the front. */
  static void shuffleFront(int[] numbers, int count, RandomGenerator random) {
    for (int i = 0; i < count; i++) {
      int j = i + random.nextInt(numbers.length - i);
      int moved = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = moved;
    }
  }
}
