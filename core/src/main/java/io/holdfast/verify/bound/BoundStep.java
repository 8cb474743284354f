package io.holdfast.verify.bound;

import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Graph.Node;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a bound rule sees of one node.
 *
 * @param batch number of samples N
 * @param inputs boxes of {@code [N, ...]} in the layer's order
 * @param parameters by full name
 * @param statistics that batch norm is to use in place of its running ones, by node
 */
record BoundStep(
    Node node,
    long batch,
    List<Bounds> inputs,
    Map<String, Tensor> parameters,
    Map<String, BatchStatistics> statistics) {
  /** The first input. */
  Bounds x() {
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
    return parameters.get(node.name() + "." + name);
  }
}
