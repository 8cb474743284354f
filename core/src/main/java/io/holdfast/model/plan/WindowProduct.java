package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Kernels;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of few channels as a product of matrices: the direct kernels compute the input
 * gradient of one to three channels at a few hundredths of their peak. Shapes: N batch, C and O
 * channels in and out, H and W the input's size with padding, h and w the output's, kh and kw the
 * kernel's, F = kh * kw * C.
 */
record WindowProduct(
    Conv2d layer, int channels, int height, int width, Tensor weight, @Nullable Tensor bias)
    implements Operation {
  static Operation compile(Conv2d layer, Item item, Store store) {
    Tensor flat = item.weight("weight").permute(0, 2, 3, 1).reshape(layer.channels(), -1); // [O, F]
    return new WindowProduct(
        layer,
        (int) item.in().size(0),
        (int) item.out().size(1),
        (int) item.out().size(2),
        store.keep(flat.contiguous()),
        layer.bias() ? store.keep(item.weight("bias")) : null);
  }

  @Override
  public Result run(java.util.List<Tensor> inputs, long batch) {
    Tensor x = inputs.get(0); // [N, C, H0, W0]
    Tensor padded = padded() ? Kernels.pad(x, padding(0), padding(1)) : x; // [N, C, H, W]
    Tensor columns =
        padded
            .permute(0, 2, 3, 1) // [N, H, W, C]
            .contiguous();
    columns =
        Kernels.windows(
                Kernels.windows(columns, 1, layer.kernel().height(), layer.stride().height()),
                2,
                layer.kernel().width(),
                layer.stride().width()) // [N, h, w, C, kh, kw]
            .permute(0, 1, 2, 4, 5, 3) // [N, h, w, kh, kw, C]
            .reshape(-1, weight.size(1)); // [N*h*w, F]
    Tensor y =
        Nn.linear(columns, weight, bias) // [N*h*w, O]
            .view(batch, height, width, layer.channels())
            .permute(0, 3, 1, 2); // [N, O, h, w], channels last
    long[] shape = padded.shape();
    return new Result(y, Gradient.making(g -> fold(g, shape)));
  }

  /** The gradient of each window's entries, summed where windows overlap: float32. */
  private Tensor fold(Tensor g, long[] shape) {
    Tensor rows = g.channelsLast().permute(0, 2, 3, 1).reshape(-1, layer.channels()); // [N*h*w, O]
    Tensor parts =
        rows.matmul(weight) // [N*h*w, F]
            .to(DType.FLOAT32)
            .view(
                shape[0], height, width, layer.kernel().height(), layer.kernel().width(), channels);
    Tensor sum = Tensors.zeros(shape).to(g.device()); // [N, C, H, W]
    Tensor target = sum.permute(0, 2, 3, 1); // [N, H, W, C]
    for (int i = 0; i < layer.kernel().height(); i++) {
      for (int j = 0; j < layer.kernel().width(); j++) {
        under(target, i, j).addInPlace(parts.select(3, i).select(3, j)); // [N, h, w, C]
      }
    }
    return padded()
        ? sum.slice(2, padding(0), shape[2] - padding(0))
            .slice(3, padding(1), shape[3] - padding(1))
        : sum;
  }

  /** The pixels that entry (i, j) of all windows covers, {@code [N, h, w, C]}. */
  private Tensor under(Tensor target, int i, int j) {
    int down = layer.stride().height();
    int right = layer.stride().width();
    return target
        .slice(1, i, i + (long) (height - 1) * down + 1, down)
        .slice(2, j, j + (long) (width - 1) * right + 1, right);
  }

  private long padding(int dim) {
    return layer.padding().toArray()[dim];
  }

  private boolean padded() {
    return padding(0) + padding(1) > 0;
  }
}
