package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.tensor.Kernels;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Convolutions. Shapes: N batch, C and O channels in and out, H and W height and width. */
final class Convolutions {
  /**
   * Up to this many input channels, a matrix product is the faster derivative; with three, 3x3
   * kernels and 16 outputs, the direct kernel took two thirds of its time.
   */
  private static final long FEW_CHANNELS = 1;

  private Convolutions() {}

  static Operation compile(Conv2d layer, Item item, Store store) {
    boolean few =
        item.has(Item.Hint.FIRST)
            && item.in().size(0) <= FEW_CHANNELS
            && layer.groups() == 1
            && layer.dilation().equals(Size.of(1));
    return few ? FewChannels.compile(layer, item, store) : direct(layer, item, store);
  }

  private static Operation direct(Conv2d layer, Item item, Store store) {
    Tensor weight = store.keepImages(item.weight("weight")); // [O, C/groups, kh, kw]
    @Nullable Tensor bias = layer.bias() ? store.keep(item.weight("bias")) : null; // [O]
    long[] stride = layer.stride().toArray();
    long[] padding = layer.padding().toArray();
    long[] dilation = layer.dilation().toArray();
    long groups = layer.groups();
    return (inputs, batch) -> {
      Tensor x = inputs.get(0).channelsLast(); // [N, C, H, W]
      Tensor y = Nn.conv2d(x, weight, bias, stride, padding, dilation, groups).channelsLast();
      return new Operation.Result(
          y,
          Gradient.making(
              g ->
                  Kernels.convolutionBackward(
                      g.channelsLast(), x, weight, stride, padding, dilation, groups)));
    };
  }
}
