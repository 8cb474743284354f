package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** A copy of the weights with the best validation so far; empty until there is one. */
final class BestWeights implements AutoCloseable {
  private final SharedScope owner = Scope.shared();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();

  /** Copies these weights, in place of those before. */
  void keep(Map<String, Tensor> source) {
    try (Scope scope = Scope.open()) {
      for (Map.Entry<String, Tensor> e : source.entrySet()) {
        Tensor slot = weights.get(e.getKey());
        if (slot == null) {
          weights.put(e.getKey(), owner.adopt(e.getValue().clone()));
        } else {
          slot.copyFrom(e.getValue());
        }
      }
    }
  }

  boolean isEmpty() {
    return weights.isEmpty();
  }

  Map<String, Tensor> weights() {
    return weights;
  }

  @Override
  public void close() {
    owner.close();
  }
}
