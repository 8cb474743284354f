package io.holdfast.model.arch;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Constant;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Gelu;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Transpose;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Vision transformer (Dosovitskiy et al. 2021, section 3.1) with a class token, learned positions
 * and norms before attention and perceptron (four times as wide). Parameters {@code patch} (4),
 * {@code depth} (6), {@code heads} (4), {@code dim} (128): small, for small images. Weights, tokens
 * and positions begin truncated normal with deviation 0.02, biases 0.
 */
final class VisionTransformer implements Family {
  private static final double EPS = 1e-6;

  private record Sizes(int patch, int depth, int heads, int dim) {}

  @Override
  public Shape defaultInput() {
    return Shape.of(3, 32, 32);
  }

  @Override
  public Initialisation initialisation() {
    return Initialisation.TRANSFORMER;
  }

  @Override
  public Plan read(SettingsReader settings) {
    Sizes sizes =
        new Sizes(
            settings.integer("patch", 4, 1, 1024),
            settings.integer("depth", 6, 1, 100),
            settings.integer("heads", 4, 1, 64),
            settings.integer("dim", 128, 1, 8192));
    if (sizes.dim % sizes.heads != 0) {
      settings.reject(
          "dim", "a multiple of heads (" + sizes.heads + ")", String.valueOf(sizes.dim), null);
    }
    return (input, classes) -> graph(input, classes, sizes);
  }

  private static Graph graph(Shape input, int classes, Sizes s) {
    boolean fits =
        input.rank() == 3 && input.size(1) % s.patch == 0 && input.size(2) % s.patch == 0;
    if (!fits) {
      throw new InvalidInputException(
          "vit", "patch", "a divisor of the image's height and width " + input, "" + s.patch);
    }
    long patches = (input.size(1) / s.patch) * (input.size(2) / s.patch); // L
    GraphBuilder g = Family.graph("vit", input);
    g.add("patches", Conv2d.of(s.dim, s.patch).stride(s.patch)); // [D, h, w]
    g.add("sequence", new Flatten(1)); // [D, L]
    String tokens = g.add("tokens", new Transpose(0, 1)); // [L, D]
    String first = g.add("class_token", new Constant(Shape.of(1, s.dim)));
    String all = g.add("with_class", new Concat(0), first, tokens); // [1 + L, D]
    String positions = g.add("positions", new Constant(Shape.of(patches + 1, s.dim)));
    g.add("embedded", new Add(), all, positions);
    for (int i = 0; i < s.depth; i++) {
      block(g, "blocks." + i + ".", s);
    }
    g.add("class_out", Slice.of(0, 0, 1)); // [1, D]
    g.add("flatten", new Flatten()); // [D]
    g.add("norm", LayerNorm.last(EPS));
    return g.output(g.add("head", Linear.of(classes))).build();
  }

  private static void block(GraphBuilder g, String at, Sizes s) {
    String x = g.last(); // [1 + L, D]
    g.add(at + "norm1", LayerNorm.last(EPS));
    String mixed = g.add(at + "attention", new SelfAttention(s.heads));
    String middle = g.add(at + "add1", new Add(), x, mixed);
    g.add(at + "norm2", LayerNorm.last(EPS));
    g.add(at + "fc1", Linear.of(4 * s.dim));
    g.add(at + "gelu", new Gelu());
    String out = g.add(at + "fc2", Linear.of(s.dim));
    g.add(at + "add2", new Add(), middle, out);
  }

  /**
   * All but the heads, which leave no trace in the weights, and the image's shape if not square.
   */
  @Override
  public Inferred infer(Function<String, @Nullable Shape> shapes) {
    Shape stem = shapes.apply("patches.weight"); // [D, C, p, p]
    Long patch = Family.size(stem, 3);
    Long length = Family.size(shapes.apply("positions.value"), 0);
    int depth = 0;
    while (shapes.apply("blocks." + depth + ".fc1.weight") != null) {
      depth++;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    Shape input = null;
    if (stem != null && patch != null && length != null) {
      parameters.put("patch", patch.toString());
      parameters.put("depth", String.valueOf(depth));
      parameters.put("dim", String.valueOf(stem.size(0)));
      long side = Math.max(1, Math.round(Math.sqrt((double) length - 1)) * patch);
      input = Shape.of(stem.size(1), side, side);
    }
    return new Inferred(input, Family.size(shapes.apply("head.weight"), 0), parameters);
  }
}
