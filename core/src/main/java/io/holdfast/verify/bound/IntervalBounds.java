package io.holdfast.verify.bound;

import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Graph.Node;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Interval bound propagation (Gowal et al. 2018, section 3): a box goes through the network layer
 * by layer. On the tape wherever the box or the parameters are; dropout is off. Sums are rounded to
 * nearest, so that these bounds are for training; a certificate rounds outward.
 *
 * @param graph with one input
 * @param parameters by full name
 * @param statistics that batch norms are to use in place of their running ones, by node
 */
public record IntervalBounds(
    Graph graph, Map<String, Tensor> parameters, Map<String, BatchStatistics> statistics) {

  /** The layer types that can be bounded. */
  public static Set<Class<? extends Layer>> supported() {
    return IntervalRules.supported();
  }

  /** The layers of a graph that cannot be bounded, as {@code name (type)}; empty where all can. */
  public static List<String> unsupported(Graph graph) {
    return graph.nodes().stream()
        .filter(n -> !supported().contains(n.layer().getClass()))
        .map(n -> n.name() + " (" + n.layer().type() + ")")
        .toList();
  }

  /**
   * The box of the first output, in the innermost open scope.
   *
   * @param input {@code [N, ...]}
   * @throws IllegalArgumentException if a layer has no rule
   */
  public Bounds of(Bounds input) {
    return at(input, graph.outputs().get(0));
  }

  /**
   * How far each class can rise above the label for some input of the box: upper bounds of {@code
   * z_k - z_y}, {@code [N, K]}, 0 at the label. A linear last layer is merged with the differences,
   * which is tighter than subtracting bounds of logits (Gowal et al. 2018, section 3, "elision").
   *
   * @param input {@code [N, ...]}
   * @param labels {@code [N]}, int64
   */
  public Tensor margins(Bounds input, Tensor labels) {
    Node last = graph.node(graph.outputs().get(0));
    if (last.layer() instanceof Linear && graph.inputTypes(last).get(0).shape().rank() == 1) {
      return merged(at(input, last.inputs().get(0)), last, labels);
    }
    Bounds z = of(input); // [N, K]
    Tensor own = z.lower().gather(1, labels.unsqueeze(1)); // [N, 1]
    return z.upper().sub(own).mul(others(z.upper(), labels));
  }

  /**
   * As {@link #margins}, by one backward pass of linear relaxations over the intervals, CROWN-IBP
   * (Zhang et al. 2020, section 3.2): tighter where few units are unstable, at the cost of about K
   * passes of the network. Neither bound is always below the other.
   *
   * @param input {@code [N, ...]}
   * @param labels {@code [N]}, int64
   */
  public Tensor linearMargins(Bounds input, Tensor labels) {
    try (Scope scope = Scope.open()) {
      Map<String, Bounds> boxes = boxes(input, graph.outputs().get(0));
      return scope.keep(LinearBounds.margins(this, boxes, labels));
    }
  }

  /** The value of an affine layer for points {@code [M, ...]}, on their tape. */
  Tensor affine(Node node, List<Tensor> points) {
    List<Bounds> from = points.stream().map(p -> new Bounds(p, p)).toList();
    long batch = points.get(0).size(0);
    return IntervalRules.apply(new BoundStep(node, batch, from, parameters, statistics)).centre();
  }

  /** From the box of the last layer's input, {@code [N, F]}. */
  private Tensor merged(Bounds x, Node last, Tensor labels) {
    Tensor weight = parameter(last, "weight"); // [K, F]
    Tensor own = weight.indexSelect(0, labels).unsqueeze(1); // [N, 1, F]
    Tensor difference = weight.unsqueeze(0).sub(own); // [N, K, F]
    Tensor centre = difference.matmul(x.centre().unsqueeze(2)).squeeze(2); // [N, K]
    Tensor radius = difference.abs().matmul(x.radius().unsqueeze(2)).squeeze(2); // [N, K]
    Tensor highest = centre.add(radius); // [N, K]
    @Nullable Tensor bias = parameters.get(last.name() + ".bias"); // [K]
    if (bias == null) {
      return highest;
    }
    Tensor ownBias = bias.indexSelect(0, labels).unsqueeze(1); // [N, 1]
    return highest.add(bias.unsqueeze(0).sub(ownBias));
  }

  private Tensor parameter(Node node, String name) {
    Tensor found = parameters.get(node.name() + "." + name);
    if (found == null) {
      throw new IllegalArgumentException("no weights for " + node.name() + "." + name);
    }
    return found;
  }

  /** 1 for every class but the label, {@code [N, K]}. */
  private static Tensor others(Tensor like, Tensor labels) {
    return like.detach().mul(0).add(1).scatterInPlace(1, labels.unsqueeze(1), 0);
  }

  /** The box at a node or input. */
  private Bounds at(Bounds input, String wanted) {
    try (Scope scope = Scope.open()) {
      Bounds box = found(boxes(input, wanted), wanted);
      return new Bounds(scope.keep(box.lower()), scope.keep(box.upper()));
    }
  }

  /** The boxes of all nodes up to one, and of the input. */
  private Map<String, Bounds> boxes(Bounds input, String wanted) {
    Map<String, Bounds> boxes = new HashMap<>();
    boxes.put(graph.inputs().get(0).name(), input);
    for (Node node : graph.nodes()) {
      if (boxes.containsKey(wanted)) {
        break;
      }
      List<Bounds> from = node.inputs().stream().map(n -> found(boxes, n)).toList();
      long batch = input.lower().size(0);
      boxes.put(
          node.name(),
          IntervalRules.apply(new BoundStep(node, batch, from, parameters, statistics)));
    }
    return boxes;
  }

  private static Bounds found(Map<String, Bounds> boxes, String name) {
    Bounds box = boxes.get(name);
    if (box == null) {
      throw new AssertionError("nodes stand after their inputs: " + name);
    }
    return box;
  }
}
