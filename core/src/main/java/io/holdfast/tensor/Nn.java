package io.holdfast.tensor;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Network operations, all functional. Shapes: N batch, C channels, H and W height and width, F
 * features, K classes, L sequence length, D embedding width.
 */
public final class Nn {
  /** Channels per block of the widest kernels, those of AVX-512; AVX2's take 8. */
  private static final long WIDEST_BLOCK = 16;

  private static final long[] ONE = {1, 1};
  private static final long[] NONE = {0, 0};

  private Nn() {}

  /**
   * Convolution of {@code x [N, C, H, W]} with {@code weight [O, C/groups, kh, kw]} and {@code bias
   * [O]} or null.
   */
  public static Tensor conv2d(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups) {
    boolean picked = overruns(x, weight, stride, padding);
    Tensor from = picked ? avgPool2d(x, ONE, stride, NONE) : x; // [N, C, H', W'] if picked
    return Tensor.wrap(
        torch.conv2d(
            from.raw(),
            weight.raw(),
            optional(bias),
            picked ? ONE : stride,
            padding,
            dilation,
            groups));
  }

  /**
   * Whether the engine would write past its scratch memory when it takes the derivative by the
   * weight: 1x1 with a stride, of fewer channels than a block, in channels-last order (oneDNN issue
   * 6035, open; seen with oneDNN 3.7.1 in LibTorch 2.10 and 3.13.3 in PyTorch 2.15, AVX2, 2 to 7
   * channels: aborts, hangs, or wrong derivatives without a word). Picking every stride-th pixel
   * first, here by an average over one pixel, gives the same values without a stride.
   */
  private static boolean overruns(Tensor x, Tensor weight, long[] stride, long[] padding) {
    return weight.requiresGrad()
        && x.size(1) < WIDEST_BLOCK
        && weight.size(2) * weight.size(3) == 1
        && stride[0] * stride[1] > 1
        && padding[0] + padding[1] == 0;
  }

  /** {@code x [*, F] * weight [O, F]^T + bias [O]}. */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Tensor.wrap(torch.linear(x.raw(), weight.raw(), optional(bias)));
  }

  /**
   * Batch norm over all dimensions but the second. With {@code training}, the batch's own
   * statistics are used and, where {@code mean} and {@code variance} are given, these are updated
   * in place.
   */
  public static Tensor batchNorm(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      @Nullable Tensor mean,
      @Nullable Tensor variance,
      boolean training,
      double momentum,
      double eps) {
    return Tensor.wrap(
        torch.batch_norm(
            x.raw(),
            optional(weight),
            optional(bias),
            optional(mean),
            optional(variance),
            training,
            momentum,
            eps,
            false));
  }

  /**
   * A batch-normalised value and the statistics that it used.
   *
   * @param value of the input's shape
   * @param mean of each channel, {@code [C]}, off the tape
   * @param variance biased, of each channel, {@code [C]}, off the tape
   */
  public record Normalised(Tensor value, Tensor mean, Tensor variance) {}

  /** Batch norm by the batch's own statistics, which are returned and written nowhere. */
  public static Normalised batchNormByBatch(Tensor x, Tensor weight, Tensor bias, double eps) {
    T_TensorTensorTensor_T all =
        torch.native_batch_norm(
            x.raw(),
            optional(weight),
            optional(bias),
            Scalars.NO_TENSOR,
            Scalars.NO_TENSOR,
            true,
            0,
            eps);
    Tensor inverse = Tensor.wrapReference(all.get2()).detach(); // 1 / sqrt(variance + eps), [C]
    return new Normalised(
        Tensor.wrapReference(all.get0()),
        Tensor.wrapReference(all.get1()).detach(),
        inverse.pow(-2).sub(eps).clampMin(0));
  }

  public static Tensor layerNorm(
      Tensor x, long[] shape, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    return Tensor.wrap(
        torch.layer_norm(x.raw(), shape, optional(weight), optional(bias), eps, false));
  }

  /**
   * Group norm of {@code x [N, C, ...]}. The engine's kernel for channels-last order writes to the
   * derivative by {@code x} even where nobody asked for it, and crashes (LibTorch 2.10); where only
   * the weights have derivatives, the other kernel computes.
   */
  public static Tensor groupNorm(
      Tensor x, long groups, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    boolean weightsAlone = weight != null && weight.requiresGrad() && !x.requiresGrad();
    Tensor from = weightsAlone ? x.contiguous() : x;
    return Tensor.wrap(
        torch.group_norm(from.raw(), groups, optional(weight), optional(bias), eps, false));
  }

  public static Tensor relu(Tensor x) {
    return Tensor.wrap(torch.relu(x.raw()));
  }

  public static Tensor leakyRelu(Tensor x, double slope) {
    return Tensor.wrap(torch.leaky_relu(x.raw(), Scalars.of(slope)));
  }

  public static Tensor silu(Tensor x) {
    return Tensor.wrap(torch.silu(x.raw()));
  }

  /** The exact GELU (error function), not its tanh approximation. */
  public static Tensor gelu(Tensor x) {
    return Tensor.wrap(torch.gelu(x.raw()));
  }

  public static Tensor softplus(Tensor x) {
    return Tensor.wrap(torch.softplus(x.raw()));
  }

  public static Tensor sigmoid(Tensor x) {
    return Tensor.wrap(torch.sigmoid(x.raw()));
  }

  public static Tensor tanh(Tensor x) {
    return Tensor.wrap(torch.tanh(x.raw()));
  }

  public static Tensor softmax(Tensor x, long dim) {
    return Tensor.wrap(torch.softmax(x.raw(), dim));
  }

  public static Tensor logSoftmax(Tensor x, long dim) {
    return Tensor.wrap(torch.log_softmax(x.raw(), dim));
  }

  public static Tensor maxPool2d(Tensor x, long[] kernel, long[] stride, long[] padding) {
    return Tensor.wrap(
        torch.max_pool2d(x.raw(), kernel, stride, padding, new long[] {1, 1}, false));
  }

  /** Average pooling; padded zeros count, as PyTorch's default has it. */
  public static Tensor avgPool2d(Tensor x, long[] kernel, long[] stride, long[] padding) {
    return Tensor.wrap(
        torch.avg_pool2d(x.raw(), kernel, stride, padding, false, true, new LongOptional()));
  }

  public static Tensor adaptiveAvgPool2d(Tensor x, long height, long width) {
    return Tensor.wrap(torch.adaptive_avg_pool2d(x.raw(), height, width));
  }

  public static Tensor adaptiveMaxPool2d(Tensor x, long height, long width) {
    return Tensor.wrapReference(torch.adaptive_max_pool2d(x.raw(), height, width).get0());
  }

  /** Rows of {@code table [V, D]} at {@code ids [*]} (int64). */
  public static Tensor embedding(Tensor table, Tensor ids) {
    return Tensor.wrap(torch.embedding(table.raw(), ids.raw()));
  }

  /** Scaled dot-product attention of {@code [N, heads, L, D]}; {@code mask} is added or null. */
  public static Tensor attention(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask) {
    return Tensor.wrap(
        torch.scaled_dot_product_attention(
            query.raw(),
            key.raw(),
            value.raw(),
            optional(mask),
            0.0,
            false,
            new DoubleOptional(),
            false));
  }

  public static Tensor upsampleNearest(Tensor x, long height, long width) {
    return Tensor.wrap(torch.upsample_nearest2d(x.raw(), height, width));
  }

  public static Tensor upsampleBilinear(Tensor x, long height, long width) {
    return Tensor.wrap(torch.upsample_bilinear2d(x.raw(), new long[] {height, width}, false));
  }

  /**
   * Samples {@code x [N, C, H, W]} at {@code grid [N, H', W', 2]} in [-1, 1] (x before y),
   * bilinear, zeros outside, corners not aligned.
   */
  public static Tensor gridSample(Tensor x, Tensor grid) {
    return Tensor.wrap(torch.grid_sampler_2d(x.raw(), grid.raw(), 0, 0, false));
  }

  /** The sampling grid {@code [N, H, W, 2]} of affine maps {@code theta [N, 2, 3]}. */
  public static Tensor affineGrid(Tensor theta, long... shape) {
    return Tensor.wrap(torch.affine_grid_generator(theta.raw(), shape, false));
  }

  /** Cross-entropy per sample, {@code [N]}, of {@code logits [N, K]} and {@code labels [N]}. */
  public static Tensor crossEntropy(Tensor logits, Tensor labels) {
    return crossEntropy(logits, labels, 0);
  }

  /** As {@link #crossEntropy(Tensor, Tensor)} with label smoothing in [0, 1). */
  public static Tensor crossEntropy(Tensor logits, Tensor labels, double smoothing) {
    return Tensor.wrap(
        torch.cross_entropy_loss(
            logits.raw(), labels.raw(), Scalars.NO_TENSOR, 0, -100, smoothing));
  }

  /** One-hot rows {@code [N, K]} in float32 of {@code labels [N]}. */
  public static Tensor oneHot(Tensor labels, long classes) {
    return Tensors.zeros(labels.size(0), classes)
        .to(labels.device())
        .scatterInPlace(1, labels.unsqueeze(1), 1);
  }

  static TensorOptional optional(@Nullable Tensor t) {
    return t == null ? Scalars.NO_TENSOR : new TensorOptional(t.raw());
  }
}
