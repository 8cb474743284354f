package io.holdfast.attack.blackbox;

import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Walks without a model: the loss is a function of the image. */
final class Drive {
  private Drive() {}

  /**
   * As the search does: as many proposals at once as the walk makes.
   *
   * @param atMost proposals at once
   * @param look at the walk after each proposal
   */
  static void drive(
      Walk walk, int queries, int atMost, ToDoubleFunction<float[]> loss, Consumer<Walk> look) {
    int query = 0;
    while (query < queries && walk.ahead() > 0) {
      int points = Math.min(Math.min(atMost, queries - query), walk.ahead());
      List<Double> losses = new ArrayList<>();
      for (int i = 0; i < points; i++) {
        walk.propose(query + i);
        look.accept(walk);
        losses.add(loss.applyAsDouble(walk.next));
      }
      losses.forEach(walk::hear);
      query += points;
    }
  }

  /** A point of {@code [0, 1]^D}, some values at its ends. */
  static float[] clean(Seed seed, int size) {
    var random = seed.generator();
    float[] clean = new float[size];
    for (int i = 0; i < size; i++) {
      clean[i] = (float) Math.min(1, Math.max(0, random.nextDouble(-0.2, 1.2)));
    }
    return clean;
  }
}
