package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Takes the steps of another optimiser, some weights by a part of them alone: as with a smaller
 * learning rate for these, since steps of all optimisers are in proportion to it.
 */
final class SlowedOptimiser implements Optimiser {
  private final Optimiser inner;
  private final Set<Integer> slow;
  private final double factor;

  /**
   * @param slow positions of the weights
   * @param factor of their steps
   */
  SlowedOptimiser(Optimiser inner, Set<Integer> slow, double factor) {
    this.inner = inner;
    this.slow = slow;
    this.factor = factor;
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate) {
    step(weights, () -> inner.step(weights, gradients, rate));
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate, Workers workers) {
    step(weights, () -> inner.step(weights, gradients, rate, workers));
  }

  private void step(List<Tensor> weights, Runnable whole) {
    try (Scope scope = Scope.open()) {
      Map<Integer, Tensor> before = new LinkedHashMap<>();
      slow.forEach(i -> before.put(i, weights.get(i).clone()));
      whole.run();
      for (int i : slow) {
        Tensor old = Objects.requireNonNull(before.get(i));
        Tensor weight = weights.get(i);
        weight.copyFrom(old.add(weight.sub(old), factor));
      }
    }
  }

  @Override
  public Map<String, Tensor> state() {
    return inner.state();
  }

  @Override
  public void close() {
    inner.close();
  }
}
