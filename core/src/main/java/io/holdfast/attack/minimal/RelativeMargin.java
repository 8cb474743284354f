package io.holdfast.attack.minimal;

import io.holdfast.attack.LogitSpread;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;

/**
 * How far the logits are beyond the goal's boundary, over how far they lie apart, so that no
 * rescaling of the logits changes it: above 0 exactly where the goal is reached, also towards a
 * target, where {@link Losses#DLR} only compares the target with the label. Of two classes, whose
 * logits lie as far apart as the margin is large, it is the margin itself.
 */
enum RelativeMargin implements Loss {
  /** The only one. */
  LOSS;

  private static final int LEAST = 3;

  @Override
  public String key() {
    return "relative-margin";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return Losses.CW.value(logits, reference).div(spread(logits, reference)); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    Tensor slope = Losses.CW.cotangent(logits, reference); // [N, K]
    if (logits.size(1) < LEAST) {
      return slope;
    }
    Tensor scale = spread(logits, reference).reciprocal().unsqueeze(1); // [N, 1]
    Tensor ratio = Losses.CW.value(logits, reference).unsqueeze(1).mul(scale); // [N, 1]
    return slope.sub(LogitSpread.slope(logits, reference).mul(ratio)).mul(scale); // [N, K]
  }

  /** What the margin is divided by, {@code [N]}. */
  static Tensor spread(Tensor logits, Reference reference) {
    return logits.size(1) < LEAST
        ? logits.select(1, 0).mul(0).addInPlace(1)
        : LogitSpread.value(logits, reference);
  }
}
