package io.holdfast.model.graph;

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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The layer types by their names in files: one row each. */
public final class LayerTypes {
  private static final Map<String, Class<? extends Layer>> BY_NAME = new LinkedHashMap<>();
  private static final Map<Class<? extends Layer>, String> NAMES = new LinkedHashMap<>();

  static {
    row("conv2d", Conv2d.class);
    row("linear", Linear.class);
    row("batch_norm", BatchNorm.class);
    row("group_norm", GroupNorm.class);
    row("layer_norm", LayerNorm.class);
    row("relu", Relu.class);
    row("leaky_relu", LeakyRelu.class);
    row("silu", Silu.class);
    row("gelu", Gelu.class);
    row("softplus", Softplus.class);
    row("sigmoid", Sigmoid.class);
    row("tanh", Tanh.class);
    row("softmax", Softmax.class);
    row("max_pool2d", MaxPool2d.class);
    row("avg_pool2d", AvgPool2d.class);
    row("adaptive_avg_pool2d", AdaptiveAvgPool2d.class);
    row("adaptive_max_pool2d", AdaptiveMaxPool2d.class);
    row("add", Add.class);
    row("concat", Concat.class);
    row("slice", Slice.class);
    row("transpose", Transpose.class);
    row("matmul", MatMul.class);
    row("self_attention", SelfAttention.class);
    row("embedding", Embedding.class);
    row("constant", Constant.class);
    row("flatten", Flatten.class);
    row("reshape", Reshape.class);
    row("dropout", Dropout.class);
    row("normalise", Normalise.class);
    row("upsample", Upsample.class);
  }

  private LayerTypes() {}

  private static void row(String name, Class<? extends Layer> layer) {
    BY_NAME.put(name, layer);
    NAMES.put(layer, name);
  }

  /** Every layer type by name, in a fixed order. */
  public static Map<String, Class<? extends Layer>> all() {
    return Collections.unmodifiableMap(BY_NAME);
  }

  /** The record of a layer type, or null for an unknown name. */
  public static @Nullable Class<? extends Layer> byName(String name) {
    return BY_NAME.get(name);
  }

  /** The name of a layer type; the class's own simple name if it has no row here. */
  public static String nameOf(Class<? extends Layer> layer) {
    return NAMES.getOrDefault(layer, layer.getSimpleName());
  }
}
