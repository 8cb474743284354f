package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Copies of tensors by name, such as the weights with the best validation; empty at first. */
final class KeptTensors implements AutoCloseable {
  private SharedScope owner = Scope.shared();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Copies these, in place of those of the same names. */
  void keep(Map<String, Tensor> source) {
    try (Scope scope = Scope.open()) {
      for (Map.Entry<String, Tensor> e : source.entrySet()) {
        Tensor slot = tensors.get(e.getKey());
        if (slot == null) {
          tensors.put(e.getKey(), owner.adopt(e.getValue().clone()));
        } else {
          slot.copyFrom(e.getValue());
        }
      }
    }
  }

  /** Copies these, in place of all; they must not be of this object. */
  void replace(Map<String, Tensor> source) {
    if (!tensors.keySet().equals(source.keySet())) {
      tensors.clear();
      owner.close();
      owner = Scope.shared();
    }
    keep(source);
  }

  boolean isEmpty() {
    return tensors.isEmpty();
  }

  Map<String, Tensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public void close() {
    owner.close();
  }
}
