package io.holdfast.model.plan;

import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Products of weights and the fixed factors and summands beside them, computed in float64. Shapes:
 * O outputs, C inputs, kh and kw the kernel's size.
 */
final class Folding {
  private Folding() {}

  /** A layer and the batch norm behind it as one; null where that is not possible. */
  static @Nullable Item batchNorm(Item before, Item norm, BatchNorm layer) {
    Layer biased = biased(before.layer());
    if (biased == null || (biased instanceof Linear && before.out().rank() != 1)) {
      return null;
    }
    Tensor scale = scale(norm, layer); // [O]
    Tensor weight = wide(before.weight("weight")); // [O, C, kh, kw] or [O, C]
    long[] column = ones(weight.rank());
    column[0] = scale.size(0);
    Tensor bias =
        bias(before)
            .sub(wide(norm.weight("running_mean")))
            .mul(scale)
            .add(wide(norm.weight("bias"))); // [O]
    return joined(before, norm.name(), biased, weight.mul(scale.view(column)), bias);
  }

  /** The factor of a batch norm in evaluation mode, float64 {@code [C]}. */
  static Tensor scale(Item norm, BatchNorm layer) {
    return wide(norm.weight("weight"))
        .div(wide(norm.weight("running_var")).add(layer.eps()).sqrt());
  }

  /**
   * Input normalisation and the convolution behind it as one; null where that is not possible:
   * padding stands behind the normalisation, so that there must be none.
   */
  static @Nullable Item normalise(Item before, Normalise norm, Item next) {
    if (!(next.layer() instanceof Conv2d conv)
        || conv.groups() != 1
        || !conv.padding().equals(Size.of(0))) {
      return null;
    }
    Tensor deviation = channels(norm.deviation(), next); // [1, C, 1, 1]
    Tensor mean = channels(norm.mean(), next); // [1, C, 1, 1]
    Tensor weight = wide(next.weight("weight")).div(deviation); // [O, C, kh, kw]
    Tensor bias = bias(next).sub(weight.mul(mean).sum(1, 2, 3)); // [O]
    Item joined = joined(next, next.name(), conv.withBias(), weight, bias);
    return new Item(
        joined.name(),
        joined.layer(),
        before.inputs(),
        joined.weights(),
        joined.shapes(),
        joined.hints());
  }

  private static Item joined(Item from, String name, Layer layer, Tensor weight, Tensor bias) {
    Map<String, Tensor> weights =
        Map.of("weight", weight.to(DType.FLOAT32), "bias", bias.to(DType.FLOAT32));
    List<Shape> shapes = List.of(from.in(), from.out());
    return new Item(name, layer, from.inputs(), weights, shapes, from.hints());
  }

  private static @Nullable Layer biased(Layer layer) {
    if (layer instanceof Conv2d conv) {
      return conv.withBias();
    }
    return layer instanceof Linear linear ? Linear.of(linear.features()) : null;
  }

  private static Tensor bias(Item item) {
    Tensor bias = item.weights().get("bias");
    return bias == null
        ? Tensors.zeros(DType.FLOAT64, item.weight("weight").size(0))
            .to(item.weight("weight").device())
        : wide(bias); // [O]
  }

  private static Tensor wide(Tensor t) {
    return t.to(DType.FLOAT64);
  }

  private static Tensor channels(List<Double> values, Item like) {
    double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Tensors.of(all, 1, all.length, 1, 1).to(like.weight("weight").device());
  }

  private static long[] ones(int rank) {
    long[] shape = new long[rank];
    java.util.Arrays.fill(shape, 1);
    return shape;
  }
}
