package io.holdfast.model.graph;

import io.holdfast.common.Problems;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.plan.Plan;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A network as a classifier: its only input gives logits {@code [N, K]} at its first output. */
public final class NetworkClassifier implements Classifier {
  private final Network network;
  private final TensorType input;
  private final int classes;
  private final Mode mode;

  NetworkClassifier(Network network, Mode mode) {
    Graph graph = network.graph();
    Problems problems = new Problems("graph");
    if (graph.inputs().size() != 1) {
      problems.add("inputs", "one input", String.valueOf(graph.inputs().size()));
    }
    TensorType logits = logits(graph);
    boolean vector = logits.dtype().isFloating() && logits.shape().rank() == 1;
    if (!vector || logits.shape().size(0) < 2) {
      problems.add("outputs", "logits [K] of at least 2 classes", logits.toString());
    }
    problems.throwIfAny();
    this.network = network;
    this.mode = mode;
    this.input = graph.inputs().get(0).type();
    this.classes = classes(graph);
  }

  /** How many classes the networks of a graph tell apart: the length of its first output. */
  public static int classes(Graph graph) {
    return Math.toIntExact(logits(graph).shape().size(0));
  }

  private static TensorType logits(Graph graph) {
    return graph.type(graph.outputs().get(0));
  }

  /** The same network, computing over the tape as {@link Mode#REFERENCE} says; slower. */
  public NetworkClassifier asReference() {
    return new NetworkClassifier(network, Mode.REFERENCE);
  }

  /** The network behind this classifier. */
  public Network network() {
    return network;
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public long[] inputShape() {
    return input.shape().toArray();
  }

  @Override
  public Device device() {
    return network.device();
  }

  @Override
  public Tensor logits(Tensor x) {
    return network.apply(x, mode);
  }

  @Override
  public List<String> layers() {
    return network.graph().nodes().stream().map(Graph.Node::name).toList();
  }

  @Override
  public Tensor activation(Tensor x, String layer) {
    network.graph().node(layer);
    Map<String, Tensor> values = network.activations(x, List.of(layer));
    return Objects.requireNonNull(values.get(layer)); // [N, ...]
  }

  @Override
  public boolean differentiable() {
    return input.dtype().isFloating();
  }

  /**
   * A compiled plan of the present weights; the tape if a layer has no rule there, or this is a
   * {@link #asReference reference}.
   */
  @Override
  public InputGradients gradients(Precision precision) {
    if (mode.equals(Mode.REFERENCE)) {
      return new TapeGradients(this, precision);
    }
    return Plan.compile(network, precision).orElseGet(() -> new TapeGradients(this, precision));
  }
}
