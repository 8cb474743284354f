package io.holdfast.report;

import java.util.List;

/**
 * How training went.
 *
 * @param loss training loss by epoch (fractions of an epoch where measured per step)
 * @param clean accuracy on unperturbed validation images by epoch
 * @param robust accuracy on attacked validation images by epoch
 */
public record LearningCurves(List<Point> loss, List<Point> clean, List<Point> robust) {

  /** One measurement. */
  public record Point(double epoch, double value) {}

  /** Copies the lists. */
  public LearningCurves {
    loss = List.copyOf(loss);
    clean = List.copyOf(clean);
    robust = List.copyOf(robust);
  }

  /** No curves: the model was not trained here. */
  public static LearningCurves none() {
    return new LearningCurves(List.of(), List.of(), List.of());
  }

  boolean isEmpty() {
    return loss.isEmpty() && clean.isEmpty() && robust.isEmpty();
  }
}
