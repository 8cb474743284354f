package io.holdfast.model.arch;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Conv2d;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Wide residual network (Zagoruyko and Komodakis 2016, table 1) for small images: a 3x3 convolution
 * with 16 channels and three groups of (depth - 4) / 6 pre-activation blocks with 16, 32 and 64
 * times {@code width} channels. Parameters {@code depth} (28), {@code width} (10), {@code dropout}
 * between the convolutions of a block (0). Convolutions are initialised after He et al. 2015 by fan
 * out; the last layer likewise, with biases 0.
 */
final class WideResNet implements Family {
  private static final int STEM = 16;
  private static final int GROUPS = 3;

  @Override
  public Shape defaultInput() {
    return Shape.of(3, 32, 32);
  }

  @Override
  public Initialisation initialisation() {
    return Initialisation.HE_FAN_OUT;
  }

  @Override
  public Plan read(SettingsReader settings) {
    int depth = settings.integer("depth", 28, 10, 1000);
    int width = settings.integer("width", 10, 1, 100);
    double dropout = settings.number("dropout", 0, 0, 0.99);
    if ((depth - 4) % 6 != 0) {
      settings.reject("depth", "6n + 4, such as 16, 28 or 34", String.valueOf(depth), null);
    }
    return (input, classes) -> graph(input, classes, (depth - 4) / 6, width, dropout);
  }

  private static Graph graph(Shape input, int classes, int each, int width, double dropout) {
    GraphBuilder g = Family.graph("wide-resnet", input);
    g.add("conv", Conv2d.of(STEM, 3).padding(1).withoutBias());
    PreactBlocks blocks = new PreactBlocks(g, dropout);
    int before = STEM;
    for (int group = 0; group < GROUPS; group++) {
      int now = (STEM << group) * width;
      for (int i = 0; i < each; i++) {
        int stride = group > 0 && i == 0 ? 2 : 1;
        blocks.add("groups." + group + "." + i, before, now, stride);
        before = now;
      }
    }
    return PreactResNet18.head(g, classes);
  }

  @Override
  public Inferred infer(Function<String, @Nullable Shape> shapes) {
    int each = 0;
    while (shapes.apply("groups.0." + each + ".conv1.weight") != null) {
      each++;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    Long wide = Family.size(shapes.apply("groups.0.0.conv1.weight"), 0);
    if (wide != null) {
      parameters.put("depth", String.valueOf(6 * each + 4));
      parameters.put("width", String.valueOf(wide / STEM));
    }
    return new Inferred(
        Family.image(defaultInput(), Family.size(shapes.apply("conv.weight"), 1)),
        Family.size(shapes.apply("fc.weight"), 0),
        parameters);
  }
}
