package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.tensor.Kernels;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/** Normalisations that could not be folded into a neighbour. Shapes: N batch, C channels. */
final class Norms {
  private Norms() {}

  static Operation batchNorm(BatchNorm layer, Item item, Store store) {
    Tensor factor = store.keep(Folding.scale(item, layer).view(perChannel(item))); // [C, 1, ...]
    Tensor weight = store.keepExact(item.weight("weight")); // [C]
    Tensor bias = store.keepExact(item.weight("bias")); // [C]
    Tensor mean = store.keepExact(item.weight("running_mean")); // [C]
    Tensor variance = store.keepExact(item.weight("running_var")); // [C]
    return (inputs, batch) -> {
      Tensor x = dense(inputs.get(0)); // [N, C, ...]
      return new Operation.Result(
          Nn.batchNorm(x, weight, bias, mean, variance, false, 0, layer.eps()), times(factor));
    };
  }

  static Operation normalise(Normalise layer, Item item, Store store) {
    Tensor scale = channels(layer.deviation(), store).reciprocal(); // [C]
    Tensor shift = channels(layer.mean(), store).mul(scale).neg(); // [C]
    Tensor factor = store.keep(scale.view(perChannel(item))); // [C, 1, ...]
    Tensor summand = store.keep(shift.view(perChannel(item))); // [C, 1, ...]
    return (inputs, batch) ->
        new Operation.Result(
            inputs.get(0).mul(factor).addInPlace(summand), times(factor)); // [N, C, ...]
  }

  private static Tensor channels(List<Double> values, Store store) {
    double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Tensors.of(all, all.length).to(store.device());
  }

  /** {@code [C, 1, ...]}, to broadcast against {@code [N, C, ...]}. */
  private static long[] perChannel(Item item) {
    long[] shape = new long[item.in().rank()];
    Arrays.fill(shape, 1);
    shape[0] = item.in().size(0);
    return shape;
  }

  private static Operation.Pullback times(Tensor factor) {
    return g ->
        List.of(Gradient.fresh(g.owned() ? g.tensor().mulInPlace(factor) : g.tensor().mul(factor)));
  }

  static Operation groupNorm(GroupNorm layer, Item item, Store store) {
    Tensor weight = store.keep(item.weight("weight")); // [C]
    Tensor bias = store.keep(item.weight("bias")); // [C]
    return (inputs, batch) -> {
      Tensor x = dense(inputs.get(0)); // [N, C, ...]
      Kernels.Normalised n = Kernels.groupNorm(x, layer.groups(), weight, bias, layer.eps());
      return new Operation.Result(
          n.value(),
          Gradient.making(g -> Kernels.groupNormBackward(dense(g), x, n, layer.groups(), weight)));
    };
  }

  /** The kernels read the memory of both in one order. */
  private static Tensor dense(Tensor t) {
    return t.rank() == 4 ? t.channelsLast() : t.contiguous();
  }

  static Operation layerNorm(LayerNorm layer, Item item, Store store) {
    Tensor weight = store.keep(item.weight("weight")); // [...]
    Tensor bias = store.keep(item.weight("bias")); // [...]
    long[] shape = layer.normalised(item.in()).toArray();
    return (inputs, batch) -> {
      Tensor x = inputs.get(0).contiguous(); // [N, ...]
      Kernels.Normalised n = Kernels.layerNorm(x, shape, weight, bias, layer.eps());
      return new Operation.Result(
          n.value(),
          Gradient.making(
              g -> Kernels.layerNormBackward(g.contiguous(), x, n, shape, weight, bias)));
    };
  }
}
