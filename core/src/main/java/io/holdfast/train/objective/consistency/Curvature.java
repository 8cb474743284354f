package io.holdfast.train.objective.consistency;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.Noise;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Penalty;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Curvature regularisation, CURE (Moosavi-Dezfooli et al. 2019, equation 7): the squared difference
 * of the cross-entropy's input gradients at x and at {@code x + h z}, where z is the sign of the
 * gradient at x, scaled to length 1 in L2. The direction carries no gradient; both gradients do.
 * They are those of the trained network as it stands, in training mode: by a batch norm they also
 * hold what a sample changes for the others of its shard. The authors' program takes them in
 * evaluation mode, and its 4 multiplies the length of the batch's, not each sample's squared.
 *
 * @param lambda weight of the penalty, at least 0 (gamma in the paper)
 * @param step h, above 0, in the units of the input; it grows linearly to that over {@code rampUp}
 * @param rampUp share of training in [0, 1] in which the step grows
 */
public record Curvature(double lambda, double step, double rampUp) implements Penalty<Curvature> {
  /** The registry's line. */
  public static final ObjectiveSpec<Curvature> SPEC =
      new ObjectiveSpec<>(
          "curvature",
          "clean cross-entropy + lambda x |difference of its input gradients along their sign|^2",
          "Moosavi-Dezfooli et al. 2019, equation 7",
          new Curvature(4, 1.5, 0.25),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the penalty",
                  0,
                  1e6,
                  Curvature::lambda,
                  (o, v) -> new Curvature(v, o.step, o.rampUp)),
              Knobs.number(
                  "step",
                  "distance of the two gradients in L2",
                  1e-6,
                  1e6,
                  Curvature::step,
                  (o, v) -> new Curvature(o.lambda, v, o.rampUp)),
              Knobs.share(
                  "ramp_up",
                  "part of training in which the step grows to its length",
                  Curvature::rampUp,
                  (o, v) -> new Curvature(o.lambda, o.step, v))));

  private static final double FIRST = 0.01;

  @Override
  public ObjectiveSpec<Curvature> spec() {
    return SPEC;
  }

  @Override
  public boolean ownLengths() {
    return true;
  }

  @Override
  public Passes passes() {
    return Passes.of(2, 6);
  }

  @Override
  public boolean smoothsAsTerm() {
    return true;
  }

  @Override
  public boolean derivesTwice() {
    return true;
  }

  @Override
  public Penalised penalise(ShardContext shard) {
    return shard.alike(() -> difference(shard));
  }

  private Penalised difference(ShardContext shard) {
    Tensor leaf = shard.inputs().asLeaf(); // [n, ...]
    Tensor logits = shard.logits(leaf); // [n, K]
    Tensor here = InputGradient.of(shard, logits, leaf); // [n, ...]
    Tensor z = Noise.unit(here.detach().sign()); // [n, ...]
    Tensor moved = shard.inputs().add(z, length(shard.progress())).asLeaf(); // [n, ...]
    Tensor there = InputGradient.of(shard, shard.logits(moved), moved); // [n, ...]
    return new Penalised(logits, null, Predictions.squareNorm(there.sub(here)));
  }

  /** h at this progress. */
  private double length(double progress) {
    return progress >= rampUp ? step : step * Math.max(FIRST, progress / rampUp);
  }
}
