package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matrix products. Shapes: N batch, F and O features in and out. */
final class Products {
  private Products() {}

  static Operation linear(Linear layer, Item item, Store store) {
    Tensor weight = store.keep(arranged(item)); // [O, F]
    @Nullable Tensor bias = layer.bias() ? store.keep(item.weight("bias")) : null; // [O]
    return (inputs, batch) ->
        new Operation.Result(
            Nn.linear(inputs.get(0), weight, bias), // [N, ..., O]
            Gradient.making(g -> g.matmul(weight))); // [N, ..., F]
  }

  private static Tensor arranged(Item item) {
    Tensor weight = item.weight("weight"); // [O, F]
    if (!item.has(Item.Hint.CHANNELS_LAST)) {
      return weight;
    }
    long[] image = item.in().toArray(); // [C, H, W]
    return weight
        .reshape(weight.size(0), image[0], image[1], image[2])
        .permute(0, 2, 3, 1)
        .reshape(weight.size(0), -1);
  }

  static Operation.Result matmul(List<Tensor> inputs, long batch) {
    Tensor a = inputs.get(0); // [N, ..., A, B]
    Tensor b = inputs.get(1); // [N, ..., B, C]
    return new Operation.Result(
        a.matmul(b),
        g ->
            List.of(
                Gradient.fresh(g.tensor().matmul(b.transpose(-2, -1))),
                Gradient.fresh(a.transpose(-2, -1).matmul(g.tensor()))));
  }
}
