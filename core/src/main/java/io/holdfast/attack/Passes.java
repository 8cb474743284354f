package io.holdfast.attack;

import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Precision;
import java.util.EnumMap;
import java.util.Map;

/**
 * What the stages of an attack ask for scores and gradients: one way in each number format, opened
 * when a stage first needs it. Used by the driver's thread.
 */
final class Passes implements AutoCloseable {
  private final Classifier model;
  private final Precision precision;
  private final Map<Precision, InputGradients> open = new EnumMap<>(Precision.class);

  /**
   * Of one attack.
   *
   * @param precision of stages that do not need float32
   */
  Passes(Classifier model, Precision precision) {
    this.model = model;
    this.precision = precision;
  }

  /** Float32 where the stage needs it. */
  static Precision precision(Attack stage, Precision otherwise) {
    return stage.exact() ? Precision.FLOAT32 : otherwise;
  }

  InputGradients of(Attack stage) {
    return open.computeIfAbsent(precision(stage, precision), model::gradients);
  }

  @Override
  public void close() {
    open.values().forEach(InputGradients::close);
  }
}
