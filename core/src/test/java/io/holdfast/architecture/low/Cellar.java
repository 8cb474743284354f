package io.holdfast.architecture.low;

import io.holdfast.architecture.high.Attic;
import java.util.Random;

/**
 * Breaks rules on purpose: it uses the floor above, the clock, hidden randomness and the console.
 */
public final class Cellar {
  private final Attic attic = new Attic();

  public double climb() {
    System.out.println(attic.getClass());
    return Math.random() + new Random().nextDouble() + System.currentTimeMillis();
  }
}
