package io.holdfast.model.graph;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A layer with the shapes of its inputs and its slow twin.
 *
 * @param twin from the inputs of one sample and the layer's parameters by name to its output
 */
record LayerCase(String name, Layer layer, List<Shape> inputs, Twin twin) {
  static final int BATCH = 3;

  /** The layer on one sample. */
  interface Twin {
    double[] apply(List<double[]> inputs, Map<String, double[]> parameters);
  }

  /** A case with one input. */
  static LayerCase of(Layer layer, Shape input, Twin twin) {
    return new LayerCase(layer + " of " + input, layer, List.of(input), twin);
  }

  Graph graph() {
    GraphBuilder builder = Graph.builder();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      names.add(builder.input("x" + i, new TensorType(DType.FLOAT32, inputs.get(i))));
    }
    if (names.isEmpty()) {
      builder.input("x", TensorType.floats(1));
    }
    return builder.output(builder.add("layer", layer, names)).build();
  }

  /** Random values in double for each graph input, {@code [N, ...]}. */
  List<Tensor> values(Graph graph) {
    List<Tensor> all = new ArrayList<>();
    for (Graph.Input in : graph.inputs()) {
      Seed seed = new Seed(5).split(name).split(in.name());
      all.add(random(seed, -2, 2, in.type().shape().batched(BATCH)));
    }
    return all;
  }

  /** Random parameters in double by full name; variances are positive. */
  Map<String, Tensor> parameters(Graph graph) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (Graph.Parameter p : graph.parameters()) {
      boolean positive = p.spec().kind() == ParameterSpec.Kind.RUNNING_VARIANCE;
      Seed seed = new Seed(6).split(name).split(p.name());
      all.put(
          p.name(),
          random(seed, positive ? 0.5 : -1, positive ? 2 : 1, p.spec().shape().toArray()));
    }
    return all;
  }

  private static Tensor random(Seed seed, double low, double high, long... shape) {
    RandomGenerator random = seed.generator();
    double[] values = new double[Math.toIntExact(Shape.of(shape).count())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextDouble(low, high);
    }
    return Tensors.of(values, shape);
  }

  @Override
  public String toString() {
    return name;
  }
}
