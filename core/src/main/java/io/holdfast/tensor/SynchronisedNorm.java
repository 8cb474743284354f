package io.holdfast.tensor;

import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch norm by the statistics of a whole batch whose samples lie in several shards (Ioffe and
 * Szegedy 2015, algorithm 1, and the derivatives below it). The shards exchange counts, means and
 * variances on the way forward and two sums on the way back, each added up in shard order and in
 * double precision. Shapes: C channels; n values of each in this shard, m in all.
 */
public final class SynchronisedNorm {
  private SynchronisedNorm() {}

  /** Held for the life of the process; the last two of three derivatives are wanted. */
  private static final class Native {
    static final BoolPointer SUMS = Scalars.keep(mask());

    private Native() {}

    private static BoolPointer mask() {
      return new BoolPointer(3).put(0, false).put(1, true).put(2, true);
    }
  }

  /**
   * A normalised value and the statistics of the whole batch.
   *
   * @param value of the input's shape
   * @param mean of each channel, {@code [C]}, off the tape
   * @param variance biased, of each channel, {@code [C]}, off the tape
   * @param count values of each channel in all shards
   */
  public record Normalised(Tensor value, Tensor mean, Tensor variance, long count) {}

  /**
   * Normalises one shard's values {@code [N, C, ...]}. Gradients are taken by every shard or by
   * none, once, in the task that was given the meeting.
   *
   * @param name under which the shards meet
   */
  public static Normalised apply(
      Tensor x, Tensor weight, Tensor bias, double eps, String name, Meeting meeting) {
    int channels = (int) x.size(1);
    Moments all = Moments.pool(meeting.exchange(name, moments(x, channels)), channels);
    Tensor mean = floats(all.mean, x); // [C]
    Tensor variance = floats(all.variance, x); // [C]
    Tensor from = x; // [N, C, ...]
    if (x.requiresGrad()) {
      Scope here = Scope.current();
      Tensor seen = here.keepIn(meeting.home(), x.detach());
      from =
          Autograd.changedOnTheWayBack(
              x,
              meeting.home(),
              g -> correct(g, seen, all, eps, s -> meeting.exchange(name + ", back", s)));
    }
    // The tape takes mean and variance as constants; the correction above adds what they are not.
    Tensor value = Nn.batchNorm(from, weight, bias, mean, variance, false, 0, eps); // [N, C, ...]
    return new Normalised(value, mean, variance, (long) all.count);
  }

  /** What the shards tell each other on the way back. */
  private interface Exchange {
    List<double[]> with(double[] mine);
  }

  /** Statistics of many values in double precision, {@code [C]} each; variances are biased. */
  private static final class Moments {
    final double count;
    final double[] mean;
    final double[] variance;

    private Moments(double count, int channels) {
      this.count = count;
      mean = new double[channels];
      variance = new double[channels];
    }

    /** Those of all shards together (Chan et al. 1983, equation 2.1). */
    static Moments pool(List<double[]> shards, int channels) {
      Moments all = new Moments(shards.stream().mapToDouble(s -> s[0]).sum(), channels);
      for (int c = 0; c < channels; c++) {
        for (double[] s : shards) {
          all.mean[c] += s[0] / all.count * s[1 + c];
        }
        for (double[] s : shards) {
          double off = s[1 + c] - all.mean[c];
          all.variance[c] += s[0] / all.count * (s[1 + channels + c] + off * off);
        }
      }
      return all;
    }
  }

  /** Count, means and biased variances of a shard, {@code [1 + 2 C]}. */
  private static double[] moments(Tensor x, int channels) {
    try (Scope scope = Scope.open()) {
      T_TensorTensor_T pair =
          torch.batch_norm_update_stats(
              x.detach().to(DType.FLOAT32).raw(), Scalars.NO_TENSOR, Scalars.NO_TENSOR, 0);
      double[] all = new double[1 + 2 * channels];
      all[0] = (double) x.count() / channels;
      copy(pair.get0(), all, 1, channels);
      copy(pair.get1(), all, 1 + channels, channels);
      return all;
    }
  }

  private static void copy(org.bytedeco.pytorch.Tensor from, double[] to, int at, int channels) {
    System.arraycopy(Tensor.wrapReference(from).toDoubles(), 0, to, at, channels);
  }

  private static Tensor floats(double[] values, Tensor like) {
    return Tensors.of(values, values.length).to(DType.FLOAT32).to(like.device());
  }

  /**
   * Takes what the statistics' dependence on x adds to the derivative into {@code g}: with y the
   * normalised x, {@code g - sum(g) / m - y sum(g y) / m}, sums over all shards.
   *
   * @param g the derivative by x with constant statistics, {@code [N, C, ...]}, changed in place
   */
  private static void correct(Tensor g, Tensor x, Moments by, double eps, Exchange exchange) {
    int channels = by.mean.length;
    Tensor mean = floats(by.mean, x); // [C]
    Tensor variance = floats(by.variance, x); // [C]
    Tensor wide = x.to(DType.FLOAT32); // [N, C, ...]
    T_TensorTensorTensor_T own =
        torch.native_batch_norm_backward(
            g.to(DType.FLOAT32).raw(),
            wide.raw(),
            Scalars.NO_TENSOR,
            Nn.optional(mean),
            Nn.optional(variance),
            Scalars.NO_TENSOR,
            Scalars.NO_TENSOR,
            false,
            eps,
            Native.SUMS);
    double[] sums = new double[2 * channels]; // sum(g y), then sum(g)
    copy(own.get1(), sums, 0, channels);
    copy(own.get2(), sums, channels, channels);
    double[] slope = new double[channels];
    double[] shift = new double[channels];
    for (double[] shard : exchange.with(sums)) {
      for (int c = 0; c < channels; c++) {
        slope[c] += shard[c] / by.count;
        shift[c] += shard[channels + c] / by.count;
      }
    }
    Tensor change = // [N, C, ...]
        Nn.batchNorm(wide, floats(slope, x), floats(shift, x), mean, variance, false, 0, eps);
    g.subInPlace(change.to(g.type()));
  }
}
