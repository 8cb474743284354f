package io.holdfast.model.plan;

import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Constant;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Transpose;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Sums, and elements in another order. Shapes: N batch. */
final class Views {
  private Views() {}

  static Operation.Result add(List<Tensor> inputs, long batch) {
    Tensor sum = inputs.get(0).add(inputs.get(1)); // [N, ...]
    inputs.subList(2, inputs.size()).forEach(sum::addInPlace);
    return new Operation.Result(
        sum, g -> Collections.nCopies(inputs.size(), new Gradient(g.tensor(), false)));
  }

  static Operation concat(Concat layer, Item item, Store store) {
    int dim = Shape.batchDim(layer.dim());
    return (inputs, batch) ->
        new Operation.Result(
            Tensors.cat(inputs, dim),
            g -> {
              List<Gradient> parts = new ArrayList<>();
              long from = 0;
              for (Tensor x : inputs) {
                long to = from + x.size(dim);
                parts.add(new Gradient(g.tensor().slice(dim, from, to), g.owned()));
                from = to;
              }
              return parts;
            });
  }

  static Operation slice(Slice layer, Item item, Store store) {
    int dim = Shape.batchDim(layer.dim());
    return (inputs, batch) -> {
      Tensor x = inputs.get(0);
      return new Operation.Result(
          part(x, layer, dim),
          Gradient.making(
              g -> {
                Tensor all = Tensors.zerosLike(x);
                part(all, layer, dim).copyFrom(g);
                return all;
              }));
    };
  }

  private static Tensor part(Tensor x, Slice layer, int dim) {
    return x.slice(dim, layer.from(), layer.to(), layer.step());
  }

  static Operation transpose(Transpose layer, Item item, Store store) {
    int first = Shape.batchDim(layer.first());
    int second = Shape.batchDim(layer.second());
    return (inputs, batch) ->
        new Operation.Result(
            inputs.get(0).transpose(first, second),
            Gradient.viewing(g -> g.transpose(first, second)));
  }

  static Operation constant(Constant layer, Item item, Store store) {
    Tensor value = store.keep(item.weight("value").unsqueeze(0)); // [1, ...]
    return (inputs, batch) ->
        new Operation.Result(
            value.expand(layer.shape().batched(batch)), g -> List.of()); // [N, ...]
  }

  static Operation flatten(Flatten layer, Item item, Store store) {
    if (!item.has(Item.Hint.CHANNELS_LAST)) {
      return reshape(item);
    }
    long channels = item.in().size(0);
    long height = item.in().size(1);
    long width = item.in().size(2);
    return (inputs, batch) ->
        new Operation.Result(
            inputs
                .get(0) // [N, C, H, W]
                .channelsLast()
                .permute(0, 2, 3, 1)
                .reshape(batch, -1), // [N, H*W*C]
            Gradient.viewing(g -> g.reshape(batch, height, width, channels).permute(0, 3, 1, 2)));
  }

  static Operation reshape(Item item) {
    return (inputs, batch) ->
        new Operation.Result(
            inputs.get(0).reshape(item.out().batched(batch)),
            Gradient.viewing(g -> g.reshape(item.in().batched(batch))));
  }
}
