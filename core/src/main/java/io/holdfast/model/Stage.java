package io.holdfast.model;

import io.holdfast.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * What is done to inputs before a model sees them.
 *
 * @param name in messages
 * @param forward from {@code [N, ...]} to {@code [N, ...]}, in float32; safe for many threads
 * @param backward how attacks get a gradient through it
 * @param stochastic whether equal inputs may give different outputs
 */
public record Stage(
    String name, UnaryOperator<Tensor> forward, Backward backward, boolean stochastic) {
  public Stage {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a stage needs a name");
    }
  }

  /** A deterministic stage. */
  public Stage(String name, UnaryOperator<Tensor> forward, Backward backward) {
    this(name, forward, backward, false);
  }

  /** A deterministic stage whose own derivative is used. */
  public static Stage differentiable(String name, UnaryOperator<Tensor> forward) {
    return new Stage(name, forward, Backward.exact());
  }

  /**
   * Values in [0, 1] rounded to this many levels, whose derivative is 0 wherever it exists; attacks
   * take it for the identity (Guo et al. 2018, section 4.2, reduce bit depth so).
   *
   * @param levels at least 2
   */
  public static Stage quantise(int levels) {
    if (levels < 2) {
      throw new IllegalArgumentException("levels: at least 2, found " + levels);
    }
    double steps = levels - 1;
    return new Stage("quantise", x -> x.mul(steps).round().mul(1 / steps), Backward.identity());
  }

  /**
   * JPEG of images in [0, 1] as a defence (Guo et al. 2018, section 4.1), whose gradient attacks
   * take from the differentiable approximation of Shin and Song 2017. At high qualities, where
   * little is lost, {@link Backward#identity} leads as far.
   *
   * @param quality in [1, 100]
   */
  public static Stage jpeg(int quality) {
    DifferentiableJpeg jpeg = new DifferentiableJpeg(quality);
    return new Stage("jpeg " + quality, jpeg::compress, Backward.of(jpeg::soften));
  }

  /** The same with another way back. */
  public Stage with(Backward other) {
    return new Stage(name, forward, other, stochastic);
  }
}
