package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Interval bound propagation (Gowal et al. 2018, equation 11): {@code kappa} times the clean
 * cross-entropy plus {@code 1 - kappa} times its bound over the L-infinity ball. During the ramp
 * the ball grows to its radius and kappa falls from 1 to its end.
 *
 * @param kappa share of the clean cross-entropy at the end, in [0, 1]
 * @param ramp of the ball
 */
public record Ibp(double kappa, Ramp ramp) implements OnBounds<Ibp> {
  /** The registry's line. */
  public static final ObjectiveSpec<Ibp> SPEC =
      new ObjectiveSpec<>(
          "ibp",
          "kappa x clean cross-entropy + (1 - kappa) x its interval bound over the ball",
          "Gowal et al. 2018, equation 11",
          new Ibp(0.5, Ramp.USUAL),
          Ramp.knobs(
              List.of(
                  Knobs.share(
                      "kappa",
                      "share of the clean cross-entropy at the end",
                      Ibp::kappa,
                      (o, v) -> new Ibp(v, o.ramp))),
              Ibp::ramp,
              (o, v) -> new Ibp(o.kappa, v)));

  @Override
  public ObjectiveSpec<Ibp> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 3);
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor x = shard.inputs(); // [n, ...]
    return OnBounds.mixed(
        shard, ramp, kappa, strength -> Boxes.crossEntropy(shard, x, strength, x));
  }
}
