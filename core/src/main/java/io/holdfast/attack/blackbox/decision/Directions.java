package io.holdfast.attack.blackbox.decision;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;

/**
 * Random directions {@code [D]}, one after the other, drawn some at a time. Needs an open scope
 * while it draws. Shapes: B directions per draw.
 */
final class Directions {
  private static final int VALUES = 1 << 15; // per draw
  private static final int MOST = 32;

  private final Seed seed;
  private final int size;
  private final Source source;
  private final int rows; // B
  private float[] drawn = {}; // [B D], reused
  private int used;
  private int draws;

  /** How directions are drawn. */
  @FunctionalInterface
  interface Source {
    /** {@code [B, ...]}, D values each. */
    Tensor draw(Rng rng, int count);
  }

  private Directions(Seed seed, int size, Source source) {
    this.seed = seed;
    this.size = size;
    this.source = source;
    rows = Math.max(1, Math.min(MOST, VALUES / size));
    used = rows;
  }

  /** Every value normal with mean 0 and deviation 1. */
  static Directions normal(Seed seed, int size) {
    return new Directions(seed, size, (rng, count) -> rng.normal(count, size));
  }

  /** Every value uniform in [-1, 1). */
  static Directions uniform(Seed seed, int size) {
    return new Directions(seed, size, (rng, count) -> rng.uniform(-1, 1, count, size));
  }

  /** As {@code source} draws them. */
  static Directions of(Seed seed, int size, Source source) {
    return new Directions(seed, size, source);
  }

  /** The next one, the caller's own. */
  float[] next() {
    if (used == rows) {
      try (Scope scope = Scope.open()) {
        drawn = drawn.length == 0 ? new float[rows * size] : drawn;
        source.draw(Rng.of(seed.split(draws)), rows).toFloats(drawn);
      }
      draws++;
      used = 0;
    }
    int from = used * size;
    used++;
    return Arrays.copyOfRange(drawn, from, from + size);
  }
}
