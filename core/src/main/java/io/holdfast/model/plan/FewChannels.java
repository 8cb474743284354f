package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of a network's own input of few channels, whose derivative is a product of matrices
 * and a sum over windows: the direct kernels compute the input gradient of one channel at a few
 * hundredths of their peak. Shapes: N batch, C and O channels in and out, h and w the output's
 * size, kh and kw the kernel's, F = kh * kw * C.
 *
 * @param weight {@code [O, C, kh, kw]}, its memory in the order {@code [O, kh, kw, C]}
 * @param rows the same memory as {@code [O, F]}
 */
record FewChannels(Conv2d layer, Tensor weight, Tensor rows, @Nullable Tensor bias)
    implements Operation {
  private static final long[] NO_DILATION = {1, 1};

  static Operation compile(Conv2d layer, Item item, Store store) {
    Tensor weight = item.weight("weight"); // [O, C, kh, kw]
    long[] shape = weight.shape();
    Tensor ordered = weight.permute(0, 2, 3, 1).reshape(shape[0], -1); // [O, F]
    Tensor rows = store.keep(ordered.contiguous());
    // As a permuted view it says "channels last" even where there is but one channel, for which
    // both orders look alike: the result then is channels last, too, and needs no copy.
    Tensor view = rows.view(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2);
    return new FewChannels(
        layer,
        store.owner().adopt(view),
        rows,
        layer.bias() ? store.keep(item.weight("bias")) : null);
  }

  @Override
  public Result run(List<Tensor> inputs, long batch) {
    Tensor x = inputs.get(0); // [N, C, H, W]
    long[] stride = layer.stride().toArray();
    long[] padding = layer.padding().toArray();
    Tensor y = Nn.conv2d(x, weight, bias, stride, padding, NO_DILATION, 1).channelsLast();
    long[] shape = x.shape();
    return new Result(y, Gradient.making(g -> fold(g, shape)));
  }

  /** The gradient of each window's entries, summed where windows overlap: float32. */
  private Tensor fold(Tensor g, long[] shape) {
    long down = layer.padding().height();
    long right = layer.padding().width();
    long height = g.size(2);
    long width = g.size(3);
    Tensor columns =
        g.channelsLast().permute(0, 2, 3, 1).reshape(-1, layer.channels()).transpose(0, 1);
    Tensor parts =
        rows.transpose(0, 1)
            .matmul(columns) // [F, N*h*w]
            .to(DType.FLOAT32)
            .view(
                layer.kernel().height(),
                layer.kernel().width(),
                shape[1],
                shape[0],
                height,
                width); // [kh, kw, C, N, h, w]
    Tensor sum =
        Tensors.zeros(shape[0], shape[1], shape[2] + 2 * down, shape[3] + 2 * right).to(g.device());
    Tensor target = sum.transpose(0, 1); // [C, N, H, W] with padding
    for (int i = 0; i < layer.kernel().height(); i++) {
      for (int j = 0; j < layer.kernel().width(); j++) {
        under(target, i, j, height, width)
            .addInPlace(parts.select(0, i).select(0, j)); // [C, N, h, w]
      }
    }
    return sum.slice(2, down, down + shape[2]).slice(3, right, right + shape[3]);
  }

  /** The pixels that entry (i, j) of all windows covers, {@code [C, N, h, w]}. */
  private Tensor under(Tensor target, int i, int j, long height, long width) {
    int down = layer.stride().height();
    int right = layer.stride().width();
    return target
        .slice(2, i, i + (height - 1) * down + 1, down)
        .slice(3, j, j + (width - 1) * right + 1, right);
  }
}
