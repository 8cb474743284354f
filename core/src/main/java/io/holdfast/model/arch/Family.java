package io.holdfast.model.arch;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.tensor.DType;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table of architectures: reads its parameters, builds, and reads them off the
 * shapes of existing weights.
 */
interface Family {
  /** The shape of one input where nothing else is known. */
  Shape defaultInput();

  /** How its weights begin; as PyTorch's modules unless a family says otherwise. */
  default Initialisation initialisation() {
    return Initialisation.PYTORCH;
  }

  /** From our names of its weights to those used in PyTorch; the same unless a family differs. */
  default NameMap names() {
    return NameMap.identity();
  }

  /** Reads this family's parameters; problems go to the reader. */
  Plan read(SettingsReader settings);

  /**
   * What existing weights show.
   *
   * @param shapes of weights by our names, null where there is none
   */
  Inferred infer(Function<String, @Nullable Shape> shapes);

  /** Parameters that were read and are ready to build. */
  interface Plan {
    Graph build(Shape input, int classes);
  }

  /**
   * What weights show; null where they do not.
   *
   * @param input shape of one sample
   * @param parameters by name, as text
   */
  record Inferred(@Nullable Shape input, @Nullable Long classes, Map<String, String> parameters) {}

  /** A graph to which one float32 input of this shape was added. */
  static GraphBuilder graph(String name, Shape input) {
    GraphBuilder graph = Graph.builder(name);
    graph.input("input", new TensorType(DType.FLOAT32, input));
    return graph;
  }

  /** An image of a size like {@code like} with these channels; null if they are unknown. */
  static @Nullable Shape image(Shape like, @Nullable Long channels) {
    return channels == null ? null : like.with(0, channels);
  }

  /** The size of a weight along a dimension; null if there is no such weight or dimension. */
  static @Nullable Long size(@Nullable Shape shape, int dim) {
    return shape == null || dim >= shape.rank() ? null : shape.size(dim);
  }
}
