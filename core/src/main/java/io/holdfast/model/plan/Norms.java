package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.tensor.Kernels;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/** Normalisations that could not be folded into a neighbour. Shapes: N batch, C channels. */
final class Norms {
  private Norms() {}

  static Operation batchNorm(BatchNorm layer, Item item, Store store) {
    Tensor scale = Folding.scale(item, layer); // [C]
    Tensor shift = item.weight("bias").sub(item.weight("running_mean").mul(scale)); // [C]
    return affine(scale, shift, item, store);
  }

  static Operation normalise(Normalise layer, Item item, Store store) {
    Tensor scale = channels(layer.deviation()).reciprocal(); // [C]
    Tensor shift = channels(layer.mean()).mul(scale).neg(); // [C]
    return affine(scale, shift, item, store);
  }

  private static Tensor channels(List<Double> values) {
    double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Tensors.of(all, all.length);
  }

  /** {@code scale * x + shift} for each channel. */
  private static Operation affine(Tensor scale, Tensor shift, Item item, Store store) {
    long[] shape = new long[item.in().rank()];
    Arrays.fill(shape, 1);
    shape[0] = scale.size(0);
    Tensor factor = store.keep(scale.view(shape)); // [C, 1, ...]
    Tensor summand = store.keep(shift.view(shape)); // [C, 1, ...]
    return (inputs, batch) ->
        new Operation.Result(
            Kernels.affine(inputs.get(0), factor, summand),
            g ->
                List.of(
                    Gradient.fresh(
                        g.owned() ? g.tensor().mulInPlace(factor) : g.tensor().mul(factor))));
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
