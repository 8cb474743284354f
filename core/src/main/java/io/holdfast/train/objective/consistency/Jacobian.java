package io.holdfast.train.objective.consistency;

import io.holdfast.attack.Knobs;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.Noise;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Penalty;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Jacobian regularisation (Hoffman et al. 2019, equation 8 and algorithm 1): half the squared
 * Frobenius norm of the Jacobian of the logits by the input, estimated without bias as {@code K
 * mean_v |v J|^2} over random unit vectors v of the K classes.
 *
 * @param lambda weight of the penalty, at least 0
 * @param projections random vectors per sample, at least 1
 */
public record Jacobian(double lambda, int projections) implements Penalty<Jacobian> {
  /** The registry's line. */
  public static final ObjectiveSpec<Jacobian> SPEC =
      new ObjectiveSpec<>(
          "jacobian",
          "clean cross-entropy + lambda/2 x |Jacobian of the logits|^2 by random projections",
          "Hoffman et al. 2019, equation 8 and algorithm 1",
          new Jacobian(0.01, 1),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the penalty",
                  0,
                  1e6,
                  Jacobian::lambda,
                  (o, v) -> new Jacobian(v, o.projections)),
              Knobs.whole(
                  "projections",
                  "random vectors per sample, 1 to 1000",
                  1,
                  1000,
                  Jacobian::projections,
                  (o, v) -> new Jacobian(o.lambda, v))));

  @Override
  public ObjectiveSpec<Jacobian> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(1, 2.0 * projections + 1);
  }

  @Override
  public boolean derivesTwice() {
    return true;
  }

  @Override
  public Penalised penalise(ShardContext shard) {
    Tensor leaf = shard.inputs().asLeaf(); // [n, ...]
    Tensor logits = shard.logits(leaf); // [n, K]
    List<Seed> seeds = shard.seeds("jacobian");
    @Nullable Tensor sum = null; // [n]
    for (int p = 0; p < projections; p++) {
      int number = p;
      List<Seed> own = seeds.stream().map(s -> s.split(number)).toList();
      Tensor v = Noise.direction(own, logits.detach()); // [n, K]
      Tensor row = Autograd.vjp(logits, List.of(leaf), v, true).get(0); // [n, ...]
      Tensor square = Predictions.squareNorm(row); // [n]
      sum = sum == null ? square : sum.add(square);
    }
    double scale = (double) logits.size(1) / projections / 2;
    return new Penalised(logits, null, Objects.requireNonNull(sum).mul(scale));
  }
}
