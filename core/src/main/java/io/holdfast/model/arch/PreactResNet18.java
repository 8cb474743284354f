package io.holdfast.model.arch;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Size;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * ResNet-18 with pre-activation for small images (He et al. 2016b): a 3x3 convolution, eight blocks
 * of widths w, w, 2w, 2w, 4w, 4w, 8w, 8w with stride 2 at the third, fifth and seventh, norm, ReLU,
 * global average, linear. Parameter {@code width} w, 64 as in the paper. Initialised as PyTorch's
 * modules are.
 */
final class PreactResNet18 implements Family {
  private static final int BLOCKS = 8;

  @Override
  public Shape defaultInput() {
    return Shape.of(3, 32, 32);
  }

  @Override
  public NameMap names() {
    Map<String, String> rules = new LinkedHashMap<>();
    rules.put("conv", "c");
    for (int i = 0; i < BLOCKS; i++) {
      rules.put("blocks." + i, "l." + i);
      rules.put("blocks." + i + ".conv1", "l." + i + ".c1");
      rules.put("blocks." + i + ".conv2", "l." + i + ".c2");
      rules.put("blocks." + i + ".shortcut", "l." + i + ".sc");
    }
    return NameMap.of(rules);
  }

  @Override
  public Plan read(SettingsReader settings) {
    int width = settings.integer("width", 64, 1, 1024);
    return (input, classes) -> graph(input, classes, width);
  }

  private static Graph graph(Shape input, int classes, int width) {
    GraphBuilder g = Family.graph("preact-resnet-18", input);
    g.add("conv", Conv2d.of(width, 3).padding(1).withoutBias());
    PreactBlocks blocks = new PreactBlocks(g, 0);
    int before = width;
    for (int i = 0; i < BLOCKS; i++) {
      int now = width << (i / 2);
      blocks.add("blocks." + i, before, now, i > 0 && i % 2 == 0 ? 2 : 1);
      before = now;
    }
    return head(g, classes);
  }

  /** Norm, ReLU, global average and a linear layer behind what was added last. */
  static Graph head(GraphBuilder g, int classes) {
    g.add("bn", new BatchNorm());
    g.add("relu", new Relu());
    g.add("pool", new AdaptiveAvgPool2d(Size.of(1)));
    g.add("flatten", new Flatten());
    return g.output(g.add("fc", Linear.of(classes))).build();
  }

  @Override
  public Inferred infer(Function<String, @Nullable Shape> shapes) {
    Shape stem = shapes.apply("conv.weight");
    Long width = Family.size(stem, 0);
    return new Inferred(
        Family.image(defaultInput(), Family.size(stem, 1)),
        Family.size(shapes.apply("fc.weight"), 0),
        width == null ? Map.of() : Map.of("width", width.toString()));
  }
}
