package io.holdfast.model.graph;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Softmax;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Layers of few channels in both memory orders, forward and back, in float32 and, for comparison,
 * in double. A process of its own, since native memory that is overwritten ends it.
 */
final class FewChannelsProcess {
  private static final int MOST_CHANNELS = 9;
  private static final int BATCH = 8;
  private static final int SIZE = 16;
  private static final int TIMES = 2;

  private FewChannelsProcess() {}

  /** Prints each layer before it is tried, {@code wrong: ...} where it errs, and {@code done}. */
  public static void main(String[] args) {
    List<Mode> modes =
        List.of(Mode.training(new Seed(1), BatchNormPolicy.GHOST), Mode.EVALUATION, Mode.REFERENCE);
    for (int channels = 1; channels <= MOST_CHANNELS; channels++) {
      for (Layer layer : layers(channels)) {
        for (Mode mode : modes) {
          String name = layer + " of " + channels + " channels, " + mode;
          System.out.println(name);
          for (int i = 0; i < TIMES; i++) {
            compare(name, graph(layer, channels), mode);
          }
        }
      }
    }
    System.out.println("done");
  }

  private static List<Layer> layers(int channels) {
    return List.of(
        Conv2d.of(5, 1),
        Conv2d.of(8, 1).stride(2),
        Conv2d.of(5, 1).stride(2).withoutBias(),
        Conv2d.of(5, 1).stride(3),
        new Conv2d(5, Size.of(1), new Size(1, 2), Size.of(0), Size.of(1), 1, false),
        Conv2d.of(channels, 1).stride(2).groups(channels),
        Conv2d.of(5, 3).padding(1),
        Conv2d.of(5, 3).padding(1).stride(2),
        Conv2d.of(channels, 3).padding(1).groups(channels),
        new BatchNorm(),
        new GroupNorm(1, 1e-5),
        new GroupNorm(channels, 1e-5),
        new Relu(),
        new Silu(),
        new Softmax(0),
        MaxPool2d.of(2),
        AvgPool2d.of(2),
        new AdaptiveAvgPool2d(Size.of(1)),
        new AdaptiveMaxPool2d(Size.of(2)),
        new Upsample(Size.of(2), Upsample.Mode.NEAREST),
        new Upsample(Size.of(2), Upsample.Mode.BILINEAR));
  }

  private static Graph graph(Layer layer, int channels) {
    GraphBuilder g = Graph.builder();
    g.input("x", TensorType.floats(channels, SIZE, SIZE));
    return g.output(g.add("layer", layer)).build();
  }

  private static void compare(String name, Graph graph, Mode mode) {
    try (Scope scope = Scope.open()) {
      List<Tensor> twice = gradients(graph, mode, DType.FLOAT64, true);
      require(name, gradients(graph, mode, DType.FLOAT32, true), twice);
      if (twice.size() > 2) { // a first layer: nobody asks for the derivative by its input
        List<Tensor> ofWeights = new ArrayList<>(twice);
        ofWeights.remove(1);
        String first = name + ", first in the network";
        require(first, gradients(graph, mode, DType.FLOAT32, false), ofWeights);
      }
    }
  }

  private static void require(String name, List<Tensor> single, List<Tensor> twice) {
    for (int i = 0; i < single.size(); i++) {
      Tensor off = single.get(i).to(DType.FLOAT64).sub(twice.get(i));
      double norm = twice.get(i).square().sum().item();
      if (!(off.square().sum().item() <= 1e-8 * norm + 1e-8)) {
        System.out.println("wrong: " + name + ", value " + i);
      }
    }
  }

  /** The output and its derivatives by the input, where it is on the tape, and the parameters. */
  private static List<Tensor> gradients(Graph graph, Mode mode, DType type, boolean onTape) {
    Seed seed = new Seed(2);
    long[] shape = graph.inputs().get(0).type().shape().batched(BATCH);
    Tensor drawn = noise(seed, type, shape).channelsLast(); // [N, C, H, W]
    Tensor x = onTape ? drawn.asLeaf() : drawn;
    List<Tensor> leaves = new ArrayList<>(onTape ? List.of(x) : List.of());
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (Graph.Parameter p : graph.parameters()) {
      Tensor value = noise(seed.split(p.name()), type, p.spec().shape().toArray());
      if (p.spec().kind() == ParameterSpec.Kind.RUNNING_VARIANCE) {
        value = value.square().add(0.1);
      }
      if (p.spec().kind().learned()) {
        value = value.asLeaf();
        leaves.add(value);
      }
      parameters.put(p.name(), value);
    }
    Tensor y = Forward.run(graph, parameters, List.of(x), mode).value("layer"); // [N, ...]
    List<Tensor> all = new ArrayList<>(List.of(y.detach()));
    Tensor cotangent = noise(seed.split("cotangent"), type, y.shape());
    all.addAll(Autograd.vjp(y, leaves, cotangent, false));
    return all;
  }

  /** Of mean 0: batch norm sums up channels-last values plainly, and other means cost digits. */
  private static Tensor noise(Seed seed, DType type, long... shape) {
    return Rng.of(seed).uniform(-1, 1, shape).to(type);
  }
}
