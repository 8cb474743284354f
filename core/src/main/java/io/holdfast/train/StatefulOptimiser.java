package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** What optimisers share: named tensors that live as long as they do. */
abstract class StatefulOptimiser implements Optimiser {
  private final SharedScope owner = Scope.shared();
  private final Map<String, Tensor> state = new LinkedHashMap<>();

  /** Adds a tensor of the innermost scope to the state. */
  final void remember(String name, Tensor tensor) {
    state.put(name, owner.adopt(tensor));
  }

  final Tensor of(String name) {
    Tensor t = state.get(name);
    if (t == null) {
      throw new IllegalStateException("no optimiser state " + name);
    }
    return t;
  }

  @Override
  public final Map<String, Tensor> state() {
    return Map.copyOf(state);
  }

  @Override
  public final void close() {
    owner.close();
  }
}
