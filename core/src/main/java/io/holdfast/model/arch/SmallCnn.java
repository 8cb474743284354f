package io.holdfast.model.arch;

import static java.util.Map.entry;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Relu;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The network for 28x28 images of TRADES (Zhang et al. 2019, section 5.2, after Carlini and Wagner
 * 2017, table 1): 3x3 convolutions 32-32, pool 2, 64-64, pool 2, linear 200-200-classes, dropout
 * after the first linear layer's ReLU; no padding. Initialised as PyTorch's modules are.
 */
final class SmallCnn implements Family {
  private static final NameMap NAMES =
      NameMap.of(
          Map.ofEntries(
              entry("conv1", "0"),
              entry("conv2", "2"),
              entry("conv3", "5"),
              entry("conv4", "7"),
              entry("fc1", "11"),
              entry("fc2", "14"),
              entry("fc3", "16")));

  @Override
  public Shape defaultInput() {
    return Shape.of(1, 28, 28);
  }

  @Override
  public NameMap names() {
    return NAMES;
  }

  @Override
  public Plan read(SettingsReader settings) {
    double dropout = settings.number("dropout", 0.5, 0, 0.99);
    return (input, classes) -> graph(input, classes, dropout);
  }

  private static Graph graph(Shape input, int classes, double dropout) {
    GraphBuilder g = Family.graph("small-cnn", input);
    for (int i = 1; i <= 4; i++) {
      g.add("conv" + i, Conv2d.of(i <= 2 ? 32 : 64, 3));
      g.add("relu" + i, new Relu());
      if (i % 2 == 0) {
        g.add("pool" + i / 2, MaxPool2d.of(2));
      }
    }
    g.add("flatten", new Flatten());
    g.add("fc1", Linear.of(200));
    g.add("relu5", new Relu());
    g.add("dropout", new Dropout(dropout));
    g.add("fc2", Linear.of(200));
    g.add("relu6", new Relu());
    return g.output(g.add("fc3", Linear.of(classes))).build();
  }

  @Override
  public Inferred infer(Function<String, @Nullable Shape> shapes) {
    return new Inferred(
        Family.image(defaultInput(), Family.size(shapes.apply("conv1.weight"), 1)),
        Family.size(shapes.apply("fc3.weight"), 0),
        Map.of());
  }
}
