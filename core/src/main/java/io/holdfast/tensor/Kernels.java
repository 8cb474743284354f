package io.holdfast.tensor;

import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.global.torch;

/**
 * Derivatives of network operations with respect to their input alone, written out, and operations
 * in place: what work without a tape is made of. Nothing here is recorded on the tape. {@code g} is
 * always the derivative with respect to the operation's output, of the output's shape; results have
 * the input's shape. Shapes: N batch, C channels, H and W height and width.
 */
public final class Kernels {
  private static final long[] NO_DILATION = {1, 1};
  private static final long[] NO_OUTPUT_PADDING = {0, 0};

  /** Held for the life of the process; the first of three derivatives is wanted. */
  private static final class Native {
    static final BoolPointer INPUT_ONLY = Scalars.keep(mask());
    static final LongArrayRefOptional NO_SIZES = Scalars.keep(new LongArrayRefOptional());
    static final LongOptional NO_DIVISOR = Scalars.keep(new LongOptional());

    private Native() {}

    private static BoolPointer mask() {
      return new BoolPointer(3).put(0, true).put(1, false).put(2, false);
    }
  }

  private Kernels() {}

  // ---- convolution

  /**
   * Of a convolution of {@code x [N, C, H, W]}.
   *
   * @param x read for its shape and memory order only
   */
  public static Tensor convolutionBackward(
      Tensor g,
      Tensor x,
      Tensor weight,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups) {
    return first(
        torch.convolution_backward(
            g.raw(),
            x.raw(),
            weight.raw(),
            Native.NO_SIZES,
            stride,
            padding,
            dilation,
            false,
            NO_OUTPUT_PADDING,
            groups,
            Native.INPUT_ONLY));
  }

  // ---- pooling

  /**
   * Largest values of windows.
   *
   * @param positions of each within its plane H * W
   */
  public record Pooled(Tensor values, Tensor positions) {}

  public static Pooled maxPool2d(Tensor x, long[] kernel, long[] stride, long[] padding) {
    return pooled(
        torch.max_pool2d_with_indices(x.raw(), kernel, stride, padding, NO_DILATION, false));
  }

  public static Tensor maxPool2dBackward(
      Tensor g, Tensor x, Pooled pooled, long[] kernel, long[] stride, long[] padding) {
    return Tensor.wrap(
        torch.max_pool2d_with_indices_backward(
            g.raw(),
            x.raw(),
            kernel,
            stride,
            padding,
            NO_DILATION,
            false,
            pooled.positions().raw()));
  }

  /**
   * Largest values of pairs of neighbours along a dimension; an odd last entry is left out.
   *
   * @param x float32 or bfloat16, none below 0 and none -0, as {@link #relu} gives
   */
  public static Tensor maxOfPairs(Tensor x, int dim) {
    return OrderedBits.maxOfPairs(x, dim);
  }

  /** Of {@link #maxOfPairs}: all of {@code g} goes to the larger one, the first of equals. */
  public static Tensor maxOfPairsBackward(Tensor g, Tensor x, int dim) {
    return OrderedBits.maxOfPairsBackward(g, x, dim);
  }

  public static Pooled adaptiveMaxPool2d(Tensor x, long height, long width) {
    return pooled(torch.adaptive_max_pool2d(x.raw(), height, width));
  }

  public static Tensor adaptiveMaxPool2dBackward(Tensor g, Tensor x, Pooled pooled) {
    return Tensor.wrap(
        torch.adaptive_max_pool2d_backward(g.raw(), x.raw(), pooled.positions().raw()));
  }

  private static Pooled pooled(T_TensorTensor_T pair) {
    return new Pooled(Tensor.wrapReference(pair.get0()), Tensor.wrapReference(pair.get1()));
  }

  /** Of {@link Nn#avgPool2d}. */
  public static Tensor avgPool2dBackward(
      Tensor g, Tensor x, long[] kernel, long[] stride, long[] padding) {
    return Tensor.wrap(
        torch.avg_pool2d_backward(
            g.raw(), x.raw(), kernel, stride, padding, false, true, Native.NO_DIVISOR));
  }

  // ---- activations

  /** {@code max(x, 0)} of float32 or bfloat16; -0 becomes 0, and NaN may. */
  public static Tensor relu(Tensor x) {
    return OrderedBits.relu(x);
  }

  /** As {@link #relu}, written into {@code x}. */
  public static Tensor reluInPlace(Tensor x) {
    return OrderedBits.reluInPlace(x);
  }

  /** {@code g} where {@code y > 0}, else 0; {@code y} is the output or the input. */
  public static Tensor reluBackward(Tensor g, Tensor y) {
    return narrow(g)
        ? OrderedBits.mask(g, y)
        : Tensor.wrap(torch.threshold_backward(g.raw(), y.raw(), Scalars.of(0)));
  }

  /** As {@link #reluBackward}, written into {@code g}. */
  public static Tensor reluBackwardInPlace(Tensor g, Tensor y) {
    if (narrow(g)) {
      return OrderedBits.maskInPlace(g, y);
    }
    torch.threshold_backward_out(g.raw(), g.raw(), y.raw(), Scalars.of(0));
    return g.written();
  }

  /** The engine computes bfloat16 element by element through float32. */
  private static boolean narrow(Tensor t) {
    return t.type() == DType.BFLOAT16;
  }

  public static Tensor leakyReluBackward(Tensor g, Tensor x, double slope) {
    return Tensor.wrap(torch.leaky_relu_backward(g.raw(), x.raw(), Scalars.of(slope), false));
  }

  public static Tensor siluBackward(Tensor g, Tensor x) {
    return Tensor.wrap(torch.silu_backward(g.raw(), x.raw()));
  }

  /** Of {@link Nn#gelu}. */
  public static Tensor geluBackward(Tensor g, Tensor x) {
    return Tensor.wrap(torch.gelu_backward(g.raw(), x.raw()));
  }

  /** Of {@link Nn#softplus}. */
  public static Tensor softplusBackward(Tensor g, Tensor x) {
    return Tensor.wrap(torch.softplus_backward(g.raw(), x.raw(), Scalars.of(1), Scalars.of(20)));
  }

  /** {@code y} is the output. */
  public static Tensor sigmoidBackward(Tensor g, Tensor y) {
    return Tensor.wrap(torch.sigmoid_backward(g.raw(), y.raw()));
  }

  /** {@code y} is the output. */
  public static Tensor tanhBackward(Tensor g, Tensor y) {
    return Tensor.wrap(torch.tanh_backward(g.raw(), y.raw()));
  }

  // ---- normalisation

  /**
   * A normalised value and what its derivative needs.
   *
   * @param inverse of the deviations
   */
  public record Normalised(Tensor value, Tensor mean, Tensor inverse) {}

  private static Normalised normalised(T_TensorTensorTensor_T all) {
    return new Normalised(
        Tensor.wrapReference(all.get0()),
        Tensor.wrapReference(all.get1()),
        Tensor.wrapReference(all.get2()));
  }

  /** Over the last dimensions, of the shape {@code shape}. */
  public static Normalised layerNorm(
      Tensor x, long[] shape, Tensor weight, Tensor bias, double eps) {
    return normalised(
        torch.native_layer_norm(x.raw(), shape, Nn.optional(weight), Nn.optional(bias), eps));
  }

  public static Tensor layerNormBackward(
      Tensor g, Tensor x, Normalised n, long[] shape, Tensor weight, Tensor bias) {
    return first(
        torch.native_layer_norm_backward(
            g.raw(),
            x.raw(),
            shape,
            n.mean().raw(),
            n.inverse().raw(),
            Nn.optional(weight),
            Nn.optional(bias),
            Native.INPUT_ONLY));
  }

  /** Over groups of channels of {@code x [N, C, ...]}. */
  public static Normalised groupNorm(
      Tensor x, long groups, Tensor weight, Tensor bias, double eps) {
    return normalised(
        torch.native_group_norm(
            x.raw(),
            Nn.optional(weight),
            Nn.optional(bias),
            x.size(0),
            x.size(1),
            perChannel(x),
            groups,
            eps));
  }

  public static Tensor groupNormBackward(
      Tensor g, Tensor x, Normalised n, long groups, Tensor weight) {
    return first(
        torch.native_group_norm_backward(
            g.raw(),
            x.raw(),
            n.mean().raw(),
            n.inverse().raw(),
            Nn.optional(weight),
            x.size(0),
            x.size(1),
            perChannel(x),
            groups,
            Native.INPUT_ONLY));
  }

  private static long perChannel(Tensor x) {
    return x.count() / (x.size(0) * x.size(1));
  }

  // ---- resizing

  /** Of {@link Nn#upsampleNearest} of an input of this shape {@code [N, C, H, W]}. */
  public static Tensor upsampleNearestBackward(Tensor g, long[] input) {
    return Tensor.wrap(
        torch.upsample_nearest2d_backward(g.raw(), new long[] {g.size(2), g.size(3)}, input));
  }

  /** Of {@link Nn#upsampleBilinear} of an input of this shape {@code [N, C, H, W]}. */
  public static Tensor upsampleBilinearBackward(Tensor g, long[] input) {
    return Tensor.wrap(
        torch.upsample_bilinear2d_backward(
            g.raw(), new long[] {g.size(2), g.size(3)}, input, false));
  }

  private static Tensor first(T_TensorTensorTensor_T derivatives) {
    return Tensor.wrapReference(derivatives.get0());
  }
}
