package io.holdfast.train.objective.consistency;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.Noise;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Penalty;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import java.util.Set;

/**
 * Virtual adversarial training (Miyato et al. 2018, equations 5 to 8 and algorithm 1): the
 * divergence of the prediction at {@code x + r} from that at x, which carries no gradient, where r
 * is the direction of L2 length {@code radius} in which the divergence rises fastest, found by
 * power iterations from a random direction. It needs neither labels nor a threat model; {@code x +
 * r} may leave the domain.
 *
 * @param lambda weight of the divergence, at least 0 (alpha in the paper)
 * @param radius of r in L2, above 0, in the units of the input (epsilon in the paper; the authors
 *     take 8 on CIFAR-10)
 * @param probe length of the probing step, above 0 (xi in the paper; the authors take 1e-6, which
 *     bfloat16 does not resolve)
 * @param iterations of the power method, at least 1
 */
public record Vat(double lambda, double radius, double probe, int iterations)
    implements Penalty<Vat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Vat> SPEC =
      new ObjectiveSpec<>(
          "vat",
          "clean cross-entropy + lambda x KL(clean held fixed, clean moved where it rises fastest)",
          "Miyato et al. 2018, algorithm 1",
          new Vat(1, 1.5, 0.1, 1),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the divergence",
                  0,
                  1e6,
                  Vat::lambda,
                  (o, v) -> new Vat(v, o.radius, o.probe, o.iterations)),
              Knobs.number(
                  "radius",
                  "how far the input moves in L2",
                  1e-6,
                  1e6,
                  Vat::radius,
                  (o, v) -> new Vat(o.lambda, v, o.probe, o.iterations)),
              Knobs.number(
                  "probe",
                  "length of the probing step",
                  1e-6,
                  1e3,
                  Vat::probe,
                  (o, v) -> new Vat(o.lambda, o.radius, v, o.iterations)),
              Knobs.whole(
                  "iterations",
                  "of the power method, 1 to 100",
                  1,
                  100,
                  Vat::iterations,
                  (o, v) -> new Vat(o.lambda, o.radius, o.probe, v))));

  @Override
  public ObjectiveSpec<Vat> spec() {
    return SPEC;
  }

  @Override
  public boolean ownLengths() {
    return true;
  }

  @Override
  public Passes passes() {
    return Passes.of(3.0 + iterations, 2.0 + iterations);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN, CommonPass.EVALUATED);
  }

  @Override
  public Penalised penalise(ShardContext shard) {
    Tensor x = shard.inputs(); // [n, ...]
    Tensor moved = x.add(direction(shard, x), radius); // [n, ...]
    Tensor clean = shard.logits(x); // [n, K]
    Tensor fixed = Nn.logSoftmax(clean.detach(), 1); // [n, K]
    Tensor there = Nn.logSoftmax(shard.logits(moved), 1); // [n, K]
    return new Penalised(clean, null, Predictions.divergence(fixed, there));
  }

  /**
   * Samples whose prediction the probe has not changed at all, as in bfloat16; {@code [n, 1...]}.
   */
  private static Tensor isZero(Tensor d) {
    long[] wide = Tensors.perSample(d);
    return d.reshape(d.size(0), -1).abs().sum(1).eq(0).view(wide);
  }

  /**
   * Of length 1, {@code [n, ...]}, off the tape: the random one that it begins with where nothing
   * rises.
   */
  private Tensor direction(ShardContext shard, Tensor x) {
    InputGradients model = shard.gradients();
    Tensor p = Nn.softmax(shard.evaluationLogits(x), 1); // [n, K]
    Reference reference = Reference.probabilities(shard.labels(), p);
    Tensor d = Noise.direction(shard.seeds("vat"), x); // [n, ...]
    for (int i = 0; i < iterations; i++) {
      Tensor probed = x.add(d, probe); // [n, ...]
      Tensor found = // [n, ...]
          Noise.unit(model.pass(probed, z -> Losses.KL.cotangent(z, reference)).gradient());
      d = Tensors.where(isZero(found), d, found);
    }
    return d;
  }
}
