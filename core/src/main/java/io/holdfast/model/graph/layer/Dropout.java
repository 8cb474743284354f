package io.holdfast.model.graph.layer;

/**
 * In training, each element becomes 0 with this probability and the rest is divided by {@code 1 -
 * probability} (Srivastava et al. 2014, section 10); in evaluation, the identity.
 *
 * @param probability in [0, 1)
 */
public record Dropout(double probability) implements Elementwise {
  public Dropout {
    Checks.of("dropout")
        .require(
            probability >= 0 && probability < 1, "probability", "a number in [0, 1)", probability)
        .done();
  }
}
