package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution (cross-correlation) of {@code [C, H, W]} with zero padding.
 * Parameters: {@code weight [O, C/groups, kh, kw]} and, with {@code bias}, {@code bias [O]}.
 *
 * @param channels output channels O, a multiple of {@code groups}
 */
public record Conv2d(
    int channels, Size kernel, Size stride, Size padding, Size dilation, int groups, boolean bias)
    implements Layer {
  public Conv2d {
    Checks.of("conv2d")
        .atLeast("channels", 1, channels)
        .atLeast("kernel", 1, kernel)
        .atLeast("stride", 1, stride)
        .atLeast("padding", 0, padding)
        .atLeast("dilation", 1, dilation)
        .atLeast("groups", 1, groups)
        .require(groups < 1 || channels % groups == 0, "channels", "a multiple of groups", channels)
        .done();
  }

  /** A square kernel with stride 1, no padding, and bias. */
  public static Conv2d of(int channels, int kernel) {
    return new Conv2d(channels, Size.of(kernel), Size.of(1), Size.of(0), Size.of(1), 1, true);
  }

  public Conv2d stride(int both) {
    return new Conv2d(channels, kernel, Size.of(both), padding, dilation, groups, bias);
  }

  public Conv2d padding(int both) {
    return new Conv2d(channels, kernel, stride, Size.of(both), dilation, groups, bias);
  }

  public Conv2d dilation(int both) {
    return new Conv2d(channels, kernel, stride, padding, Size.of(both), groups, bias);
  }

  public Conv2d groups(int number) {
    return new Conv2d(channels, kernel, stride, padding, dilation, number, bias);
  }

  public Conv2d withBias() {
    return new Conv2d(channels, kernel, stride, padding, dilation, groups, true);
  }

  public Conv2d withoutBias() {
    return new Conv2d(channels, kernel, stride, padding, dilation, groups, false);
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.image(x, problems)) {
      return null;
    }
    boolean divisible = x.shape().size(0) % groups == 0;
    Size reach =
        new Size(
            Math.addExact(Math.multiplyExact(dilation.height(), kernel.height() - 1), 1),
            Math.addExact(Math.multiplyExact(dilation.width(), kernel.width() - 1), 1));
    boolean right =
        Checks.input(divisible, "channels that are a multiple of groups " + groups, x, problems);
    Shape window = Windows.slide(channels, x, reach, stride, padding, problems);
    return right && window != null ? x.reshaped(window) : null;
  }

  @Override
  public long multiplications(List<TensorType> inputs) {
    TensorType out = Objects.requireNonNull(output(inputs, new Problems("conv2d"))); // [O, H, W]
    return out.shape().count() * parameters(inputs).get(0).fanIn();
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    long in = inputs.get(0).shape().size(0) / groups;
    long area = (long) kernel.height() * kernel.width();
    long fanIn = in * area;
    long fanOut = channels * area; // as PyTorch counts it, groups not divided out
    List<ParameterSpec> all = new ArrayList<>();
    Shape weight = Shape.of(channels, in, kernel.height(), kernel.width());
    all.add(new ParameterSpec("weight", weight, Kind.WEIGHT, fanIn, fanOut));
    if (bias) {
      all.add(new ParameterSpec("bias", Shape.of(channels), Kind.BIAS, fanIn, fanOut));
    }
    return all;
  }
}
