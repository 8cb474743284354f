package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * Sigma-zero (Cina et al. 2025, algorithm 1): Adam on the margin plus a smooth count of changed
 * values, {@code d^2 / (d^2 + sigma)} each; after every step changes below a threshold are undone,
 * which rises while the point is adversarial and falls while it is not.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param rate of the first step, in [1e-6, 1e6]; it falls along a cosine to its tenth
 * @param sigma how smooth the count is, in [1e-12, 1e6]
 * @param threshold at the start, as a part of the box's width, in [0, 1]
 * @param adjustment of the threshold as a part of the rate, in [0, 1]
 */
public record SigmaZero(int steps, double rate, double sigma, double threshold, double adjustment)
    implements MinimalAttack<SigmaZero> {
  private static final double LAST_RATE = 0.1;
  private static final double TINY = 1e-12;
  private static final double SMALL = 1e-6;
  private static final double LARGE = 1e6;

  /** The registry's line. */
  public static final AttackSpec<SigmaZero> SPEC =
      new AttackSpec<>(
          "sigma-zero",
          "the fewest changed values, by Adam on a smooth count of them",
          List.of("l0"),
          "Cina et al. 2025, algorithm 1",
          new SigmaZero(1000, 1, 1e-3, 0.3, 0.01),
          List.of(
              Knobs.steps(SigmaZero::steps, SigmaZero::steps),
              Knobs.number(
                  "rate", "of the first step", SMALL, LARGE, SigmaZero::rate, SigmaZero::rate),
              Knobs.number(
                  "sigma",
                  "how smooth the count is",
                  TINY,
                  LARGE,
                  SigmaZero::sigma,
                  SigmaZero::sigma),
              Knobs.share(
                  "threshold",
                  "below which changes are undone at first, in widths of the box",
                  SigmaZero::threshold,
                  SigmaZero::threshold),
              Knobs.share(
                  "adjustment",
                  "of the threshold per step as a part of the rate",
                  SigmaZero::adjustment,
                  SigmaZero::adjustment)));

  public SigmaZero {
    new Demands("sigma-zero")
        .count("steps", steps)
        .within("rate", rate, SMALL, LARGE)
        .within("sigma", sigma, TINY, LARGE)
        .within("threshold", threshold, 0, 1)
        .within("adjustment", adjustment, 0, 1)
        .require();
  }

  public SigmaZero steps(int number) {
    return Records.with(this, "steps", number);
  }

  public SigmaZero rate(double first) {
    return Records.with(this, "rate", first);
  }

  public SigmaZero sigma(double smooth) {
    return Records.with(this, "sigma", smooth);
  }

  public SigmaZero threshold(double first) {
    return Records.with(this, "threshold", first);
  }

  public SigmaZero adjustment(double part) {
    return Records.with(this, "adjustment", part);
  }

  @Override
  public AttackSpec<SigmaZero> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    double width = trail.domain().width();
    Adam adam = new Adam(trail);
    Rows least = trail.remember(1, threshold); // [n, 1] in widths of the box
    Cosine length = new Cosine(rate, rate * LAST_RATE, steps);
    return trail.follow(
        steps,
        Losses.CW,
        (k, slope) -> {
          Tensor gradient = gradient(slope, trail.dimensions(), width); // [n, D]
          Tensor largest = Norm.LINF.lengths(gradient).clampMin(TINY); // [n, 1]
          Tensor step = adam.direction(gradient.div(largest)); // [n, D]
          Tensor wanted =
              slope.look().change().add(step, -length.at(Math.max(0, k - 1)) * width); // [n, D]
          Tensor change = trail.inBox(wanted); // [n, D]
          Tensor risen = slope.look().reached().to(change.type()).mulInPlace(2).addInPlace(-1);
          double adjusted = adjustment * length.at(k);
          least.set(least.get().add(risen, adjusted).clamp(0, 1));
          Tensor kept = change.abs().ge(least.get().mul(width)); // [n, D]
          return Tensors.where(kept, change, change.mul(0));
        });
  }

  /** Of the hinge of the margin plus the mean of the smooth count, {@code [n, D]}. */
  private Tensor gradient(Slope slope, long dimensions, double width) {
    Tensor d = slope.look().change().div(width); // [n, D]
    Tensor smooth = d.square().addInPlace(sigma).square(); // [n, D]
    Tensor count = d.div(smooth).mulInPlace(2 * sigma / dimensions / width); // [n, D]
    Tensor before = slope.look().margin().le(0); // [n, 1]
    return count.subInPlace(slope.gradient().mul(before));
  }
}
