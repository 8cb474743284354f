package io.holdfast.model.arch;

import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Fully connected layers with ReLU between them, over flattened inputs of any shape. Parameter
 * {@code hidden}: sizes joined by {@code -}, such as {@code 256-128}. Initialised as PyTorch's
 * modules are; in PyTorch a {@code Sequential} of a flatten, then linear and ReLU layers in turn.
 */
final class Mlp implements Family {
  private static final int LARGEST = 1 << 20;
  private static final int MOST = 64;

  @Override
  public Shape defaultInput() {
    return Shape.of(1, 28, 28);
  }

  @Override
  public Plan read(SettingsReader settings) {
    List<Integer> hidden = sizes(settings, settings.text("hidden", "256-256"));
    return (input, classes) -> graph(input, classes, hidden);
  }

  private static List<Integer> sizes(SettingsReader settings, String text) {
    List<Integer> sizes = new ArrayList<>();
    for (String part : text.split("-", -1)) {
      if (sizes.size() < MOST
          && part.matches("[1-9]\\d{0,6}")
          && Integer.parseInt(part) <= LARGEST) {
        sizes.add(Integer.parseInt(part));
      } else {
        settings.reject(
            "hidden",
            "up to " + MOST + " sizes from 1 to " + LARGEST + ", such as 256-128",
            text,
            null);
        return List.of();
      }
    }
    return sizes;
  }

  private static Graph graph(Shape input, int classes, List<Integer> hidden) {
    GraphBuilder g = Family.graph("mlp", input);
    g.add("flatten", new Flatten());
    for (int i = 0; i < hidden.size(); i++) {
      g.add("fc" + (i + 1), Linear.of(hidden.get(i)));
      g.add("relu" + (i + 1), new Relu());
    }
    return g.output(g.add("fc" + (hidden.size() + 1), Linear.of(classes))).build();
  }

  @Override
  public NameMap names() {
    Map<String, String> rules = new LinkedHashMap<>();
    for (int i = 0; i <= MOST; i++) {
      rules.put("fc" + (i + 1), String.valueOf(1 + 2 * i));
    }
    return NameMap.of(rules);
  }

  @Override
  public Inferred infer(Function<String, @Nullable Shape> shapes) {
    List<Long> sizes = new ArrayList<>();
    for (int i = 1; ; i++) {
      Long size = Family.size(shapes.apply("fc" + i + ".weight"), 0);
      if (size == null) {
        break;
      }
      sizes.add(size);
    }
    if (sizes.size() < 2) {
      return new Inferred(null, null, Map.of());
    }
    String hidden =
        sizes.subList(0, sizes.size() - 1).stream()
            .map(String::valueOf)
            .collect(Collectors.joining("-"));
    Long features = Family.size(shapes.apply("fc1.weight"), 1);
    return new Inferred(input(features), sizes.get(sizes.size() - 1), Map.of("hidden", hidden));
  }

  /** The shape that such a number of features most likely had. */
  private @Nullable Shape input(@Nullable Long features) {
    if (features == null) {
      return null;
    }
    return features == defaultInput().count() ? defaultInput() : Shape.of(features);
  }
}
