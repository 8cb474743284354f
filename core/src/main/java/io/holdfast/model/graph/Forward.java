package io.holdfast.model.graph;

import io.holdfast.model.graph.Graph.Node;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Constant;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Embedding;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Gelu;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MatMul;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Reshape;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.model.graph.layer.Sigmoid;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Softmax;
import io.holdfast.model.graph.layer.Softplus;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.model.graph.layer.Transpose;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Computes a graph: a table from layer type to operation. On the tape wherever inputs or parameters
 * are; any floating type; safe to use from many threads. Draws no random numbers but those of the
 * {@link Mode}'s seed, and writes to no weights.
 */
public final class Forward {
  /**
   * What one pass gives.
   *
   * @param values of the nodes asked for, {@code [N, ...]} each
   * @param statistics of each batch norm node in training, in the order of the nodes
   */
  public record Result(Map<String, Tensor> values, List<BatchStatistics> statistics) {
    /** The value of a node that was asked for. */
    public Tensor value(String node) {
      Tensor value = values.get(node);
      if (value == null) {
        throw new IllegalArgumentException("not computed: " + node);
      }
      return value;
    }
  }

  private interface Rule<L extends Layer> {
    Tensor apply(L layer, Step step);
  }

  private static final Map<Class<? extends Layer>, Rule<?>> RULES = new LinkedHashMap<>();

  static {
    row(Conv2d.class, Forward::conv);
    row(Linear.class, (l, s) -> Nn.linear(s.x(), s.parameter("weight"), s.parameterOrNull("bias")));
    row(BatchNorm.class, Norms::batchNorm);
    row(GroupNorm.class, Norms::groupNorm);
    row(LayerNorm.class, Norms::layerNorm);
    row(Relu.class, (l, s) -> Nn.relu(s.x()));
    row(LeakyRelu.class, (l, s) -> Nn.leakyRelu(s.x(), l.slope()));
    row(Silu.class, (l, s) -> Nn.silu(s.x()));
    row(Gelu.class, (l, s) -> Nn.gelu(s.x()));
    row(Softplus.class, (l, s) -> Nn.softplus(s.x()));
    row(Sigmoid.class, (l, s) -> Nn.sigmoid(s.x()));
    row(Tanh.class, (l, s) -> Nn.tanh(s.x()));
    row(Softmax.class, (l, s) -> Nn.softmax(s.x(), Shape.batchDim(l.dim())));
    row(MaxPool2d.class, (l, s) -> maxPool(l, s.x()));
    row(AvgPool2d.class, (l, s) -> avgPool(l, s.x()));
    row(
        AdaptiveAvgPool2d.class,
        (l, s) -> Nn.adaptiveAvgPool2d(s.x(), l.size().height(), l.size().width()));
    row(
        AdaptiveMaxPool2d.class,
        (l, s) -> Nn.adaptiveMaxPool2d(s.x(), l.size().height(), l.size().width()));
    row(Add.class, (l, s) -> s.inputs().stream().reduce(Tensor::add).orElseThrow());
    row(Concat.class, (l, s) -> Tensors.cat(s.inputs(), Shape.batchDim(l.dim())));
    row(Slice.class, (l, s) -> s.x().slice(Shape.batchDim(l.dim()), l.from(), l.to(), l.step()));
    row(
        Transpose.class,
        (l, s) -> s.x().transpose(Shape.batchDim(l.first()), Shape.batchDim(l.second())));
    row(MatMul.class, (l, s) -> s.x().matmul(s.inputs().get(1)));
    row(SelfAttention.class, Attention::apply);
    row(Embedding.class, (l, s) -> Nn.embedding(s.parameter("weight"), s.x()));
    row(
        Constant.class,
        (l, s) -> s.parameter("value").unsqueeze(0).expand(l.shape().batched(s.batch())));
    row(Flatten.class, (l, s) -> s.x().flatten(l.from() + 1, -1));
    row(Reshape.class, (l, s) -> s.x().reshape(l.shape().batched(s.batch())));
    row(Dropout.class, Norms::dropout);
    row(Normalise.class, Norms::normalise);
    row(Upsample.class, (l, s) -> upsample(l, s.x()));
  }

  private static <L extends Layer> void row(Class<L> type, Rule<L> rule) {
    RULES.put(type, rule);
  }

  private Forward() {}

  /** The layer types that can be computed. */
  public static Set<Class<? extends Layer>> supported() {
    return Set.copyOf(RULES.keySet());
  }

  /**
   * The graph's outputs.
   *
   * @param parameters by full name, such as {@code conv1.weight}
   * @param inputs in the graph's order, {@code [N, ...]} each, N the same for all
   */
  public static Result run(
      Graph graph, Map<String, Tensor> parameters, List<Tensor> inputs, Mode mode) {
    return run(graph, parameters, inputs, mode, graph.outputs());
  }

  /**
   * The values of any nodes or inputs by name. Nodes that none of them depends on are not computed.
   *
   * @throws IllegalArgumentException if the inputs are not what the graph takes
   */
  public static Result run(
      Graph graph,
      Map<String, Tensor> parameters,
      List<Tensor> inputs,
      Mode mode,
      Collection<String> wanted) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> values = bind(graph, inputs, mode);
      List<BatchStatistics> seen = new ArrayList<>();
      Set<String> needed = needed(graph, wanted);
      long batch = inputs.get(0).size(0);
      for (Node node : graph.nodes()) {
        if (needed.contains(node.name())) {
          List<Tensor> from = node.inputs().stream().map(n -> lookUp(values, n)).toList();
          Step step = new Step(node, batch, from, parameters::get, mode, seen::add);
          values.put(node.name(), apply(step));
        }
      }
      Map<String, Tensor> kept = new LinkedHashMap<>();
      wanted.forEach(name -> kept.put(name, scope.keep(lookUp(values, name))));
      return new Result(kept, seen.stream().map(s -> keep(scope, s)).toList());
    }
  }

  private static BatchStatistics keep(Scope scope, BatchStatistics s) {
    return new BatchStatistics(s.node(), scope.keep(s.mean()), scope.keep(s.variance()), s.count());
  }

  private static Map<String, Tensor> bind(Graph graph, List<Tensor> inputs, Mode mode) {
    if (inputs.size() != graph.inputs().size()) {
      throw new IllegalArgumentException(
          "the graph takes " + graph.inputs().size() + " inputs, found " + inputs.size());
    }
    Map<String, Tensor> values = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Graph.Input in = graph.inputs().get(i);
      Tensor x = inputs.get(i);
      long[] shape = in.type().shape().batched(inputs.get(0).size(0));
      if (!java.util.Arrays.equals(shape, x.shape())) {
        throw new IllegalArgumentException(
            "input " + in.name() + ": expected [N, ...] of " + in.type() + ", found " + x);
      }
      values.put(in.name(), x.rank() == 4 ? laidOut(x, mode) : x);
    }
    return values;
  }

  /** Images and kernels in the memory order of a pass. */
  private static Tensor laidOut(Tensor x, Mode mode) {
    boolean last = !(mode instanceof Mode.Evaluation evaluation) || evaluation.channelsLast();
    return last ? x.channelsLast() : x.contiguous();
  }

  private static Set<String> needed(Graph graph, Collection<String> wanted) {
    Set<String> needed = new LinkedHashSet<>();
    wanted.forEach(name -> needed.add(requireKnown(graph, name)));
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node node = graph.nodes().get(i);
      if (needed.contains(node.name())) {
        needed.addAll(node.inputs());
      }
    }
    return needed;
  }

  private static String requireKnown(Graph graph, String name) {
    graph.type(name);
    return name;
  }

  private static Tensor lookUp(Map<String, Tensor> values, String name) {
    Tensor value = values.get(name);
    if (value == null) {
      throw new AssertionError("nodes stand after their inputs: " + name);
    }
    return value;
  }

  @SuppressWarnings("unchecked") // row() ties the rule's type to its key
  private static Tensor apply(Step step) {
    Layer layer = step.node().layer();
    Rule<Layer> rule = (Rule<Layer>) RULES.get(layer.getClass());
    if (rule == null) {
      throw new IllegalArgumentException(
          "no forward rule for " + layer.type() + " (node " + step.node().name() + ")");
    }
    return rule.apply(layer, step);
  }

  private static Tensor conv(Conv2d l, Step s) {
    return Nn.conv2d(
        s.x(),
        laidOut(s.parameter("weight"), s.mode()),
        s.parameterOrNull("bias"),
        l.stride().toArray(),
        l.padding().toArray(),
        l.dilation().toArray(),
        l.groups());
  }

  private static Tensor maxPool(MaxPool2d l, Tensor x) {
    return Nn.maxPool2d(x, l.kernel().toArray(), l.stride().toArray(), l.padding().toArray());
  }

  private static Tensor avgPool(AvgPool2d l, Tensor x) {
    return Nn.avgPool2d(x, l.kernel().toArray(), l.stride().toArray(), l.padding().toArray());
  }

  private static Tensor upsample(Upsample l, Tensor x) {
    long height = x.size(2) * l.factor().height();
    long width = x.size(3) * l.factor().width();
    return switch (l.mode()) {
      case NEAREST -> Nn.upsampleNearest(x, height, width);
      case BILINEAR -> Nn.upsampleBilinear(x, height, width);
    };
  }
}
