package io.holdfast.model.graph.layer;

/**
 * Means of {@code [C, H, W]} over the windows of {@link AdaptivePool}.
 *
 * @param size of the output
 */
public record AdaptiveAvgPool2d(Size size) implements AdaptivePool {
  public AdaptiveAvgPool2d {
    Checks.of("adaptive_avg_pool2d").atLeast("size", 1, size).done();
  }
}
