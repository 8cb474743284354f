package io.holdfast.model.graph.layer;

/**
 * {@code x} where it is positive, else {@code slope * x}.
 *
 * @param slope in [0, 1]
 */
public record LeakyRelu(double slope) implements Elementwise {
  public LeakyRelu {
    Checks.of("leaky_relu").within("slope", 0, 1, slope).done();
  }
}
