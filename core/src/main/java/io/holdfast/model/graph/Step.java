package io.holdfast.model.graph;

import io.holdfast.model.graph.Graph.Node;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a forward rule sees of one node.
 *
 * @param batch number of samples N
 * @param inputs values {@code [N, ...]} in the layer's order
 * @param parameters by full name
 * @param statistics takes what batch norm saw
 */
record Step(
    Node node,
    long batch,
    List<Tensor> inputs,
    Function<String, @Nullable Tensor> parameters,
    Mode mode,
    Consumer<BatchStatistics> statistics) {
  /** The first input. */
  Tensor x() {
    return inputs.get(0);
  }

  /** The node's parameter of this name. */
  Tensor parameter(String name) {
    Tensor found = parameterOrNull(name);
    if (found == null) {
      throw new IllegalArgumentException("no weights for " + node.name() + "." + name);
    }
    return found;
  }

  @Nullable Tensor parameterOrNull(String name) {
    return parameters.apply(node.name() + "." + name);
  }
}
