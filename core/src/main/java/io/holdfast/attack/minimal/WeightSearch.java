package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * A fixed number of rounds, each with another weight: ten times as large until a round succeeds,
 * then halfway between the largest that failed and the smallest that succeeded (Carlini and Wagner
 * 2017, section V.C).
 */
final class WeightSearch implements Rounds.Plan {
  private static final double UNBOUNDED = 1e10;
  private static final double GROWTH = 10;

  private final int rounds;
  private final Rows weight; // [n, 1]
  private final Rows low; // [n, 1]
  private final Rows high; // [n, 1]
  private final Rows done; // [n, 1] rounds

  WeightSearch(Trail trail, int rounds, double first) {
    this.rounds = rounds;
    weight = trail.remember(1, first);
    low = trail.remember(1, 0);
    high = trail.remember(1, UNBOUNDED);
    done = trail.remember(1, 0);
  }

  @Override
  public Tensor weight() {
    return weight.get();
  }

  @Override
  public Tensor early(Look judged, Tensor objective) {
    return judged.reached().and(judged.reached().not()); // [n, 1] nobody
  }

  @Override
  public void next(Tensor ended, Tensor succeeded, Look judged) {
    high.set(ended.and(succeeded), weight.get().minimum(high.get()));
    low.set(ended.and(succeeded.not()), weight.get().maximum(low.get()));
    Tensor middle = low.get().add(high.get()).mulInPlace(0.5); // [n, 1]
    Tensor open = high.get().ge(UNBOUNDED); // [n, 1]
    weight.set(ended, Tensors.where(open, weight.get().mul(GROWTH), middle));
    done.set(ended, done.get().add(1));
  }

  @Override
  public Tensor finished() {
    return done.get().ge(rounds);
  }
}
