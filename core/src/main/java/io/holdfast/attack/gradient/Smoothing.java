package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

/**
 * Gradients convolved with a kernel: to first order the average over shifted copies of the image
 * (Dong et al. 2019, section 3.2). Images only.
 *
 * @param kernel its shape
 * @param size of its sides in pixels, odd; 1 leaves gradients as they are
 */
public record Smoothing(Kernel kernel, int size) {
  /** Gradients as they are. */
  public static final Smoothing NONE = new Smoothing(Kernel.GAUSSIAN, 1);

  private static final int MOST = 99;

  /** The shape of a kernel of sides 2k + 1 (Dong et al. 2019, section 3.3). */
  public enum Kernel {
    /** Normal density, whose standard deviation is a third of k. */
    GAUSSIAN {
      @Override
      double weight(int i, int k) {
        double sigmas = 3.0 * i / Math.max(1, k);
        return Math.exp(-sigmas * sigmas / 2);
      }
    },
    /** {@code 1 - |i| / (k + 1)} along each side. */
    LINEAR {
      @Override
      double weight(int i, int k) {
        return 1 - Math.abs(i) / (k + 1.0);
      }
    },
    /** Equal weights. */
    UNIFORM {
      @Override
      double weight(int i, int k) {
        return 1;
      }
    };

    /** Of the pixel i away from the middle, along one side. */
    abstract double weight(int i, int k);
  }

  public Smoothing {
    if (size < 1 || size > MOST || size % 2 == 0) {
      throw new InvalidInputException(
          "attack", "kernel_size", "an odd number from 1 to " + MOST, Integer.toString(size));
    }
  }

  static List<Knob<Smoothing>> knobs() {
    return List.of(
        Knobs.odd(
            "kernel_size",
            "side of the kernel that smooths gradients, in pixels; 1 for none",
            1,
            MOST,
            Smoothing::size,
            (s, size) -> new Smoothing(s.kernel, size)),
        Knobs.where(
            s -> !s.none(),
            "kernel_size is 1",
            Knobs.choice(
                "kernel",
                "its shape: gaussian, linear or uniform",
                Smoothing::kernel,
                (s, kernel) -> new Smoothing(kernel, s.size))));
  }

  boolean none() {
    return size == 1;
  }

  /** {@code gradient [n, C, H, W]} convolved, zeros around it. */
  Tensor of(Tensor gradient) {
    return none() ? gradient : blur(gradient, weights());
  }

  /** The kernel {@code [size * size]}, of sum 1. */
  private float[] weights() {
    int k = size / 2;
    double total = 0;
    for (int i = -k; i <= k; i++) {
      total += kernel.weight(i, k);
    }
    float[] all = new float[size * size];
    for (int i = 0; i < all.length; i++) {
      double both = kernel.weight(i / size - k, k) * kernel.weight(i % size - k, k);
      all[i] = (float) (both / (total * total));
    }
    return all;
  }

  /**
   * Each channel convolved with the same kernel.
   *
   * @param t {@code [n, C, H, W]}
   * @param kernel a square of odd sides, row-major
   */
  static Tensor blur(Tensor t, float[] kernel) {
    long side = Math.round(Math.sqrt(kernel.length));
    long channels = t.size(1);
    long[] pad = {side / 2, side / 2};
    Tensor weight = // [C, 1, side, side]
        Tensors.of(kernel, 1, 1, side, side).to(t.device()).expand(channels, 1, side, side);
    return Nn.conv2d(
        t, weight.contiguous(), null, new long[] {1, 1}, pad, new long[] {1, 1}, channels);
  }
}
