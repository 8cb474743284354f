package io.holdfast.model.graph;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.model.graph.Graph.Input;
import io.holdfast.model.graph.Graph.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts a graph together layer by layer. Nothing is checked before {@link #build}, which reports
 * every problem at once.
 *
 * <pre>{@code
 * GraphBuilder g = Graph.builder();
 * g.input("input", TensorType.floats(1, 28, 28));
 * g.add("conv", Conv2d.of(8, 3));
 * g.add("relu", new Relu());
 * Graph graph = g.output("relu").build();
 * }</pre>
 */
public final class GraphBuilder {
  private final String source;
  private final List<Input> inputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private String last = "";

  GraphBuilder(String source) {
    this.source = source;
  }

  /** Adds an input; gives back its name. */
  public String input(String name, TensorType type) {
    inputs.add(new Input(name, type));
    last = name;
    return name;
  }

  /** Adds a layer behind what was added last, or without inputs where it takes none. */
  public String add(String name, Layer layer) {
    return layer.maxInputs() == 0 ? add(name, layer, List.of()) : add(name, layer, last);
  }

  /** Adds a layer behind these nodes or inputs; gives back its name. */
  public String add(String name, Layer layer, String... from) {
    return add(name, layer, List.of(from));
  }

  /** Adds a layer behind these nodes or inputs; gives back its name. */
  public String add(String name, Layer layer, List<String> from) {
    nodes.add(new Node(name, layer, from));
    last = name;
    return name;
  }

  /** The name of what was added last. */
  public String last() {
    return last;
  }

  /** Declares outputs, in order. */
  public GraphBuilder output(String... names) {
    outputs.addAll(List.of(names));
    return this;
  }

  /**
   * Checks names and infers all types.
   *
   * @throws InvalidInputException with every problem: names used twice, used before they are
   *     defined or unknown, wrong numbers of inputs, shapes and types that do not fit
   */
  public Graph build() {
    Problems problems = new Problems(source);
    Graph graph = build(problems);
    problems.throwIfAny();
    if (graph == null) {
      throw new AssertionError("a graph without problems is complete");
    }
    return graph;
  }

  /** As {@link #build()}, adding to {@code problems}; null if there were any. */
  @Nullable Graph build(Problems problems) {
    int before = problems.list().size();
    Map<String, TensorType> types = new LinkedHashMap<>();
    Set<String> defined = new LinkedHashSet<>();
    if (inputs.isEmpty()) {
      problems.add("inputs", "at least one input", "none");
    }
    for (Input in : inputs) {
      define(in.name(), defined, problems);
      types.put(in.name(), in.type());
    }
    for (Node node : nodes) {
      Problems own = problems.at(node.name());
      TensorType type = infer(node, defined, types, own);
      define(node.name(), defined, problems);
      if (type != null) {
        types.put(node.name(), type);
      }
    }
    checkOutputs(defined, problems);
    if (problems.list().size() > before) {
      return null;
    }
    Graph graph = new Graph(inputs, nodes, outputs, types);
    Set<String> names = new HashSet<>();
    for (Graph.Parameter p : graph.parameters()) {
      if (!names.add(p.name())) {
        problems.at(p.node().name()).add("name", "names of weights that are used once", p.name());
      }
    }
    return problems.list().size() > before ? null : graph;
  }

  private static void define(String name, Set<String> defined, Problems problems) {
    if (name.isBlank()) {
      problems.add("name", "a name", "nothing");
    } else if (!defined.add(name)) {
      problems.add(name, "a name that is used once", "a second one");
    }
  }

  /** The node's type; null if its inputs are wrong or follow from something that is. */
  private static @Nullable TensorType infer(
      Node node, Set<String> defined, Map<String, TensorType> types, Problems problems) {
    Layer layer = node.layer();
    int n = node.inputs().size();
    boolean right = n >= layer.minInputs() && n <= layer.maxInputs();
    if (!right) {
      problems.add("inputs", arity(layer), String.valueOf(n));
    }
    List<TensorType> given = new ArrayList<>();
    for (String name : node.inputs()) {
      if (!defined.contains(name)) {
        problems.add(
            "inputs",
            "a node or input defined before",
            '"' + name + '"',
            Nearest.hint(name, defined));
      }
      TensorType type = types.get(name);
      if (type != null) {
        given.add(type);
      }
    }
    if (!right || given.size() < n) {
      return null;
    }
    try {
      return layer.output(given, problems);
    } catch (ArithmeticException e) {
      problems.add("shape", "sizes that can be counted", "larger ones");
      return null;
    }
  }

  private static String arity(Layer layer) {
    int min = layer.minInputs();
    int max = layer.maxInputs();
    String number =
        min == max
            ? String.valueOf(min)
            : max == Integer.MAX_VALUE ? min + " or more" : min + " to " + max;
    return number + " inputs for " + layer.type();
  }

  private void checkOutputs(Set<String> defined, Problems problems) {
    if (outputs.isEmpty()) {
      problems.add("outputs", "at least one output", "none");
    }
    Set<String> seen = new LinkedHashSet<>();
    for (String name : outputs) {
      if (!defined.contains(name)) {
        problems.add("outputs", "a node", '"' + name + '"', Nearest.hint(name, defined));
      } else if (!seen.add(name)) {
        problems.add("outputs", "each output once", '"' + name + "\" twice");
      }
    }
  }
}
