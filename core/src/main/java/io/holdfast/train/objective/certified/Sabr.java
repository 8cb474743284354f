package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Small adversarial bounding regions (Müller et al. 2023, section 3): the interval bound of the
 * cross-entropy over a small box, of {@code share} times the radius, around an adversarial example
 * that is searched for where that box still lies in the ball. During the warm-up it is the clean
 * cross-entropy; then the ball grows to its radius.
 *
 * @param share of the box in the ball's radius, in (0, 1]; 1 is the bound over the whole ball
 * @param ramp of the ball
 */
public record Sabr(double share, Ramp ramp) implements OnBounds<Sabr> {
  /** The registry's line. */
  public static final ObjectiveSpec<Sabr> SPEC =
      new ObjectiveSpec<>(
          "sabr",
          "interval bound of the cross-entropy over a small box around the worst case",
          "Müller et al. 2023, section 3",
          new Sabr(0.4, Ramp.USUAL),
          Ramp.knobs(
              List.of(
                  Knobs.number(
                      "share",
                      "of the box in the ball's radius",
                      1e-3,
                      1,
                      Sabr::share,
                      (o, v) -> new Sabr(v, o.ramp))),
              Sabr::ramp,
              (o, v) -> new Sabr(o.share, v)));

  @Override
  public ObjectiveSpec<Sabr> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 2).searching(1);
  }

  /** What is searched for is the centre of a box; no prediction is made there. */
  @Override
  public boolean tellsRobust() {
    return false;
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor clean = shard.logits(shard.inputs()); // [n, K], also for the statistics of batch norm
    double strength = ramp.at(shard.progress());
    if (strength == 0) {
      return ShardLoss.of(Predictions.crossEntropy(shard, clean), clean, null);
    }
    double room = strength * (1 - share); // of the search
    Tensor centre = Boxes.worst(shard, room); // [n, ...]
    double reach = shard.threat().epsilon() * room;
    Tensor inside = // saved examples may lie farther
        centre.maximum(shard.inputs().sub(reach)).minimum(shard.inputs().add(reach)); // [n, ...]
    Tensor bound = Boxes.crossEntropy(shard, inside, strength * share, shard.inputs()); // [n]
    return ShardLoss.of(bound, clean, null);
  }
}
