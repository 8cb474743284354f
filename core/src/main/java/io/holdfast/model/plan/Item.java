package io.holdfast.model.plan;

import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A layer on its way into a plan.
 *
 * @param name of its value
 * @param weights in float32 by their names within the layer
 * @param shapes of one sample of each input, then of the output
 */
record Item(
    String name,
    Layer layer,
    List<String> inputs,
    Map<String, Tensor> weights,
    List<Shape> shapes,
    Set<Hint> hints) {
  /** What the rewriting found out. */
  enum Hint {
    /** The input is read by nobody else and may be overwritten. */
    IN_PLACE,
    /**
     * Of flattening images: in channels-last order. Of a linear layer: its input is such, and its
     * input's shape that of the images.
     */
    CHANNELS_LAST,
    /** The input is the network's own. */
    FIRST,
    /** No element of the input is below 0. */
    NOT_NEGATIVE
  }

  Item {
    inputs = List.copyOf(inputs);
    weights = Map.copyOf(weights);
    shapes = List.copyOf(shapes);
    hints = Set.copyOf(hints);
  }

  Item with(Hint hint) {
    EnumSet<Hint> all = EnumSet.of(hint);
    all.addAll(hints);
    return new Item(name, layer, inputs, weights, shapes, all);
  }

  boolean has(Hint hint) {
    return hints.contains(hint);
  }

  /** Shape of one sample of the first input. */
  Shape in() {
    return shapes.get(0);
  }

  /** Shape of one sample of the output. */
  Shape out() {
    return shapes.get(shapes.size() - 1);
  }

  Tensor weight(String parameter) {
    Tensor found = weights.get(parameter);
    if (found == null) {
      throw new IllegalArgumentException("no weights for " + name + "." + parameter);
    }
    return found;
  }
}
