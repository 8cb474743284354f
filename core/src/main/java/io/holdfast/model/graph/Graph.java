package io.holdfast.model.graph;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Dropout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A directed acyclic graph of layers with several inputs and outputs: structure, types and
 * parameters, no weights. Immutable; made by {@link #builder}. Nodes stand in an order in which
 * each comes after its inputs.
 */
public final class Graph {
  /** A named input and the type of one sample. */
  public record Input(String name, TensorType type) {}

  /**
   * A layer in its place.
   *
   * @param name unique among nodes and inputs
   * @param inputs names of nodes or graph inputs, in the layer's order
   */
  public record Node(String name, Layer layer, List<String> inputs) {
    public Node {
      inputs = List.copyOf(inputs);
    }
  }

  /** A parameter of a node; its full name is {@code node.parameter}. */
  public record Parameter(Node node, ParameterSpec spec) {
    public String name() {
      return node.name() + "." + spec.name();
    }
  }

  private final List<Input> inputs;
  private final List<Node> nodes;
  private final List<String> outputs;
  private final Map<String, TensorType> types;
  private final List<Parameter> parameters;

  Graph(List<Input> inputs, List<Node> nodes, List<String> outputs, Map<String, TensorType> types) {
    this.inputs = List.copyOf(inputs);
    this.nodes = List.copyOf(nodes);
    this.outputs = List.copyOf(outputs);
    this.types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
    this.parameters = List.copyOf(collect());
  }

  private List<Parameter> collect() {
    List<Parameter> all = new ArrayList<>();
    for (Node node : nodes) {
      for (ParameterSpec spec : node.layer().parameters(inputTypes(node))) {
        all.add(new Parameter(node, spec));
      }
    }
    return all;
  }

  /** An empty graph to add layers to. */
  public static GraphBuilder builder() {
    return new GraphBuilder("graph");
  }

  /** As {@link #builder()}, with the name of the file that describes the graph, for messages. */
  public static GraphBuilder builder(String source) {
    return new GraphBuilder(source);
  }

  public List<Input> inputs() {
    return inputs;
  }

  /** The nodes, each after its inputs. */
  public List<Node> nodes() {
    return nodes;
  }

  /** Names of the nodes whose values the graph gives; for a classifier the first gives logits. */
  public List<String> outputs() {
    return outputs;
  }

  /** The node or input whose value the node of the first output takes, the first one of several. */
  public String beforeOutput() {
    return node(outputs.get(0)).inputs().get(0);
  }

  /** Every learned parameter and statistic, in the order of the nodes. */
  public List<Parameter> parameters() {
    return parameters;
  }

  /**
   * The node of this name.
   *
   * @throws InvalidInputException if there is none
   */
  public Node node(String name) {
    return nodes.stream()
        .filter(n -> n.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Names.unknown("layer", name, nodes.stream().map(Node::name).toList()));
  }

  /**
   * The type of one sample at a node or input.
   *
   * @throws InvalidInputException if there is no such name
   */
  public TensorType type(String name) {
    TensorType type = types.get(name);
    if (type == null) {
      throw Names.unknown("layer or input", name, types.keySet());
    }
    return type;
  }

  /**
   * The same layers behind an input of another type.
   *
   * @throws InvalidInputException if they do not fit, or if there is more than one input
   */
  public Graph withInput(TensorType type) {
    if (inputs.size() != 1) {
      Problems problems = new Problems("graph");
      problems.add("inputs", "one input to change", Integer.toString(inputs.size()));
      problems.throwIfAny();
    }
    GraphBuilder g = builder();
    g.input(inputs.get(0).name(), type);
    nodes.forEach(node -> g.add(node.name(), node.layer(), node.inputs()));
    return g.output(outputs.toArray(String[]::new)).build();
  }

  /**
   * Two layers at one place.
   *
   * @param own this graph's
   * @param other the other one's
   */
  public record Difference(String own, String other) {}

  /**
   * The first layer in which this graph computes something else than another one from the same
   * weights and inputs: what nodes are called and how large inputs are does not matter, nor do
   * dropout, which evaluation leaves out, and the momentum of batch norms.
   */
  public Optional<Difference> difference(Graph other) {
    List<Node> mine = evaluated();
    List<Node> theirs = other.evaluated();
    for (int i = 0; i < Math.max(mine.size(), theirs.size()); i++) {
      boolean both = i < mine.size() && i < theirs.size();
      if (!both
          || !isSame(mine.get(i).layer(), theirs.get(i).layer())
          || !places(mine.get(i).inputs()).equals(other.places(theirs.get(i).inputs()))) {
        return Optional.of(new Difference(layer(mine, i), layer(theirs, i)));
      }
    }
    return places(outputs).equals(other.places(other.outputs))
        ? Optional.empty()
        : Optional.of(new Difference("outputs " + outputs, "outputs " + other.outputs));
  }

  /** How quickly running statistics move does not matter to what is computed with them. */
  private static boolean isSame(Layer one, Layer other) {
    return (one instanceof BatchNorm a && other instanceof BatchNorm b)
        ? a.eps() == b.eps()
        : one.equals(other);
  }

  private List<Node> evaluated() {
    return nodes.stream().filter(node -> !(node.layer() instanceof Dropout)).toList();
  }

  /** Where values come from: places among inputs and nodes, dropouts passed through. */
  private List<Integer> places(List<String> names) {
    List<String> all = new ArrayList<>();
    inputs.forEach(input -> all.add(input.name()));
    evaluated().forEach(node -> all.add(node.name()));
    return names.stream().map(name -> all.indexOf(behindDropout(name))).toList();
  }

  private String behindDropout(String name) {
    for (Node node : nodes) {
      if (node.name().equals(name) && node.layer() instanceof Dropout) {
        return behindDropout(node.inputs().get(0));
      }
    }
    return name;
  }

  private static String layer(List<Node> nodes, int place) {
    return place < nodes.size()
        ? nodes.get(place).name() + " = " + nodes.get(place).layer() + nodes.get(place).inputs()
        : "no layer behind " + nodes.size();
  }

  /** Types of what goes into a node of this graph. */
  public List<TensorType> inputTypes(Node node) {
    return node.inputs().stream().map(this::type).toList();
  }

  /** Multiplications of matrices and kernels in one pass over one sample. */
  public long multiplications() {
    return nodes.stream().mapToLong(n -> n.layer().multiplications(inputTypes(n))).sum();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Graph g
        && inputs.equals(g.inputs)
        && nodes.equals(g.nodes)
        && outputs.equals(g.outputs);
  }

  @Override
  public int hashCode() {
    return nodes.hashCode();
  }

  /** One line for each node. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    inputs.forEach(in -> text.append(in.name()).append(": ").append(in.type()).append('\n'));
    for (Node n : nodes) {
      text.append(n.name()).append(" = ").append(n.layer()).append(n.inputs());
      text.append(": ").append(type(n.name())).append('\n');
    }
    return text.append("-> ").append(outputs).append('\n').toString();
  }
}
