package io.holdfast.model.graph.layer;

import io.holdfast.model.graph.Layer;

/** A layer that makes one value of two or more inputs. */
public sealed interface Merging extends Layer permits Add, Concat {
  @Override
  default int minInputs() {
    return 2;
  }

  @Override
  default int maxInputs() {
    return Integer.MAX_VALUE;
  }
}
