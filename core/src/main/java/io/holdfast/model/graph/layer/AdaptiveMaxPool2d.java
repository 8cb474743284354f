package io.holdfast.model.graph.layer;

/**
 * Largest values of {@code [C, H, W]} over the windows of {@link AdaptivePool}.
 *
 * @param size of the output
 */
public record AdaptiveMaxPool2d(Size size) implements AdaptivePool {
  public AdaptiveMaxPool2d {
    Checks.of("adaptive_max_pool2d").atLeast("size", 1, size).done();
  }
}
