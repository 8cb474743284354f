package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * A loss of one search that counts at how many of its steps each sample was still classified right:
 * kappa of Zhang et al. 2021, algorithm 1. Used by one thread.
 */
final class StepsWithstood implements Loss {
  private final Loss loss;
  private final int[] right; // [m]
  private int steps;

  StepsWithstood(Loss loss, int samples) {
    this.loss = loss;
    right = new int[samples];
  }

  /** Of all steps so far, {@code [m]}; of no steps all. */
  double[] shares() {
    return IntStream.of(right).mapToDouble(n -> steps == 0 ? 1 : (double) n / steps).toArray();
  }

  @Override
  public String key() {
    return loss.key();
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return loss.value(logits, reference); // [m]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    boolean[] hit = logits.argmax(1).eq(reference.labels()).toBooleans();
    for (int i = 0; i < right.length; i++) {
      right[i] += hit[i] ? 1 : 0;
    }
    steps++;
    return loss.cotangent(logits, reference); // [m, K]
  }
}
