package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code (x - mean) / deviation} for each channel, fixed: the model takes raw pixels, so that
 * threat models stay in their units.
 *
 * @param mean one for each channel (dimension 0)
 * @param deviation as many, all above 0
 */
public record Normalise(List<Double> mean, List<Double> deviation) implements Layer {
  public Normalise {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    Checks.of("normalise")
        .require(!mean.isEmpty(), "mean", "at least one number", mean)
        .require(mean.stream().allMatch(Double::isFinite), "mean", "finite numbers", mean)
        .require(
            deviation.size() == mean.size(),
            "deviation",
            "as many numbers as mean has (" + mean.size() + ")",
            deviation)
        .require(
            deviation.stream().allMatch(d -> d > 0 && Double.isFinite(d)),
            "deviation",
            "numbers above 0",
            deviation)
        .done();
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right =
        x.dtype().isFloating() && x.shape().rank() >= 1 && x.shape().size(0) == mean.size();
    String expected = "a floating tensor with " + mean.size() + " channels";
    return Checks.input(right, expected, x, problems) ? x : null;
  }
}
