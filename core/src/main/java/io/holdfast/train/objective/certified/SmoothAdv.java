package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.ShardContext;
import java.util.Collections;
import java.util.List;

/**
 * Adversarial training of a smoothed model (Salman et al. 2019, section 2.3, SmoothAdv-PGD): the
 * search maximises the cross-entropy of the mean probabilities over some draws of noise, and the
 * model is trained on what it finds with the same draws, by the mean of their cross-entropies. The
 * search begins where the experiment's does; the authors' program begins at the clean input.
 *
 * @param sigma standard deviation of the noise in the units of the input, above 0
 * @param draws of noise per sample, at least 1
 */
public record SmoothAdv(double sigma, int draws) implements ListedObjective<SmoothAdv> {
  /** The registry's line. */
  public static final ObjectiveSpec<SmoothAdv> SPEC =
      new ObjectiveSpec<>(
          "smooth-adv",
          "cross-entropy with normal noise on the worst case of the smoothed model",
          "Salman et al. 2019, section 2.3",
          new SmoothAdv(0.25, 4),
          List.of(
              Knobs.number(
                  "sigma",
                  "standard deviation of the noise",
                  1e-6,
                  1e6,
                  SmoothAdv::sigma,
                  (o, v) -> new SmoothAdv(v, o.draws)),
              Knobs.whole(
                  "draws",
                  "of noise per sample, 1 to 1000",
                  1,
                  1000,
                  SmoothAdv::draws,
                  (o, v) -> new SmoothAdv(o.sigma, v))));

  @Override
  public ObjectiveSpec<SmoothAdv> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(draws, draws).searching(draws);
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor noise = Noisy.draws(shard.seeds("smoothing"), shard.inputs(), draws, sigma);
    Tensor worst =
        shard.adversarial(
            ground -> {
              long[] rows = ground.rows().stream().mapToLong(i -> i).toArray();
              Tensor own = noise.indexSelect(1, Tensors.of(rows, rows.length).to(noise.device()));
              return ground.with(new Noisy(ground.model(), own)).maximise(Losses.CE);
            },
            Reference.labels(shard.labels())); // [n, ...]
    Tensor logits = shard.logits(Noisy.tiled(worst, noise)); // [D n, K]
    Tensor labels = Tensors.cat(Collections.nCopies(draws, shard.labels()), 0); // [D n]
    Tensor losses = Nn.crossEntropy(logits, labels, shard.labelSmoothing());
    Tensor robust = Noisy.logMean(logits.detach(), draws); // [n, K]
    return ShardLoss.of(losses.view(draws, -1).mean(0), null, robust);
  }
}
