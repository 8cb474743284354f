package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.Kernels;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * Changes of resolution. Shapes: N batch, C channels, H and W the input's size, h and w the
 * output's.
 */
final class Pools {
  private Pools() {}

  /** Whether {@link #max} takes rectified values faster than any others. */
  static boolean likesRectified(MaxPool2d layer) {
    return layer.equals(MaxPool2d.of(2));
  }

  static Operation max(MaxPool2d layer, Item item, Store store) {
    if (likesRectified(layer) && item.has(Item.Hint.NOT_NEGATIVE)) {
      return Pools::ofPairs;
    }
    long[] kernel = layer.kernel().toArray();
    long[] stride = layer.stride().toArray();
    long[] padding = layer.padding().toArray();
    return (inputs, batch) -> {
      Tensor x = inputs.get(0); // [N, C, H, W]
      Kernels.Pooled pooled = Kernels.maxPool2d(x, kernel, stride, padding); // [N, C, h, w]
      return new Operation.Result(
          pooled.values(),
          Gradient.making(g -> Kernels.maxPool2dBackward(g, x, pooled, kernel, stride, padding)));
    };
  }

  /** Windows of two by two: the larger column of each row, then the larger row. */
  private static Operation.Result ofPairs(List<Tensor> inputs, long batch) {
    Tensor x = inputs.get(0); // [N, C, H, W]
    Tensor rows = Kernels.maxOfPairs(x, 3); // [N, C, H, w]
    return new Operation.Result(
        Kernels.maxOfPairs(rows, 2), // [N, C, h, w]
        Gradient.making(
            g -> Kernels.maxOfPairsBackward(Kernels.maxOfPairsBackward(g, rows, 2), x, 3)));
  }

  static Operation adaptiveMax(AdaptiveMaxPool2d layer, Item item, Store store) {
    Size size = layer.size();
    return (inputs, batch) -> {
      Tensor x = inputs.get(0); // [N, C, H, W]
      Kernels.Pooled pooled = Kernels.adaptiveMaxPool2d(x, size.height(), size.width());
      return new Operation.Result(
          pooled.values(), Gradient.making(g -> Kernels.adaptiveMaxPool2dBackward(g, x, pooled)));
    };
  }

  static Operation average(AvgPool2d layer, Item item, Store store) {
    return average(layer.kernel().toArray(), layer.stride().toArray(), layer.padding().toArray());
  }

  private static Operation average(long[] kernel, long[] stride, long[] padding) {
    return (inputs, batch) -> {
      Tensor x = inputs.get(0); // [N, C, H, W]
      return new Operation.Result(
          Nn.avgPool2d(x, kernel, stride, padding),
          Gradient.making(g -> Kernels.avgPool2dBackward(g, x, kernel, stride, padding)));
    };
  }

  /** Plain pooling where windows are equal; else two matrices of shares. */
  static Operation adaptiveAverage(AdaptiveAvgPool2d layer, Item item, Store store) {
    long height = item.in().size(1);
    long width = item.in().size(2);
    Size size = layer.size();
    if (height % size.height() == 0 && width % size.width() == 0) {
      long[] window = {height / size.height(), width / size.width()};
      return average(window, window, new long[] {0, 0});
    }
    Tensor down = store.keep(shares(height, size.height(), store).transpose(0, 1)); // [H, h]
    Tensor across = store.keep(shares(width, size.width(), store)); // [w, W]
    return (inputs, batch) ->
        new Operation.Result(
            Nn.adaptiveAvgPool2d(inputs.get(0), size.height(), size.width()),
            Gradient.making(g -> down.matmul(g.matmul(across)))); // [N, C, H, W]
  }

  /** The share of each of {@code in} entries in each of {@code out} means. */
  private static Tensor shares(long in, long out, Store store) {
    float[] share = new float[Math.toIntExact(in * out)];
    for (long o = 0; o < out; o++) {
      long from = o * in / out;
      long to = ((o + 1) * in + out - 1) / out;
      Arrays.fill(share, (int) (o * in + from), (int) (o * in + to), 1f / (to - from));
    }
    return Tensors.of(share, out, in).to(store.device());
  }

  static Operation upsample(Upsample layer, Item item, Store store) {
    long height = item.out().size(1);
    long width = item.out().size(2);
    boolean nearest = layer.mode() == Upsample.Mode.NEAREST;
    return (inputs, batch) -> {
      Tensor x = inputs.get(0); // [N, C, H, W]
      long[] shape = x.shape();
      return new Operation.Result(
          nearest
              ? Nn.upsampleNearest(x, height, width)
              : Nn.upsampleBilinear(x, height, width), // [N, C, h, w]
          Gradient.making(
              g ->
                  nearest
                      ? Kernels.upsampleNearestBackward(g, shape)
                      : Kernels.upsampleBilinearBackward(g, shape)));
    };
  }
}
