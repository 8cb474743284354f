package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Max-margin adversarial training (Ding et al. 2020, equation 9 and algorithms 1 and 2): a sample
 * that is right is trained on where it meets the decision boundary, at the end of its own margin,
 * as long as that is below {@code reach} times the threat model's radius; one that is wrong on its
 * clean input. A share of the clean cross-entropy of all stands beside that.
 *
 * <p>The margin is found by PGD with the sample's margin of the last epoch as the radius, then by
 * bisection along the direction found. Margins are part of the checkpoint. Near the edges of the
 * domain the perturbation is scaled within it, where the paper clips it. A sample is right if its
 * label has the largest logit, as in the paper; the authors' program asks for more than half of the
 * probability.
 *
 * @param reach largest margin that is pushed further, as a part of the threat model's radius, above
 *     0 (d_max in the paper)
 * @param clean share of the clean cross-entropy in [0, 1]
 * @param bisections of the search for the boundary, at least 5: with fewer none ends beyond the
 *     reach
 */
public record Mma(double reach, double clean, int bisections) implements ListedObjective<Mma> {
  /** The registry's line. */
  public static final ObjectiveSpec<Mma> SPEC =
      new ObjectiveSpec<>(
          "mma",
          "clean x cross-entropy + (1 - clean) x cross-entropy at the end of each sample's own margin",
          "Ding et al. 2020, equation 9, algorithms 1 and 2",
          new Mma(1.5, 1.0 / 3, 10),
          List.of(
              Knobs.number(
                  "reach",
                  "largest margin that is pushed further, in radii of the threat model",
                  1e-3,
                  100,
                  Mma::reach,
                  (o, v) -> new Mma(v, o.clean, o.bisections)),
              Knobs.share(
                  "clean",
                  "of the clean cross-entropy",
                  Mma::clean,
                  (o, v) -> new Mma(o.reach, v, o.bisections)),
              Knobs.whole(
                  "bisections",
                  "of the search for the boundary, 5 to 60",
                  5,
                  60,
                  Mma::bisections,
                  (o, v) -> new Mma(o.reach, o.clean, v))));

  /** How much further than the reach is searched, so that margins beyond it are told apart. */
  private static final double BEYOND = 1.05;

  /** The least radius of the search, as a part of its largest. */
  private static final double LEAST = 0.05;

  @Override
  public ObjectiveSpec<Mma> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(2.0 + bisections, 2).searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.CLEAN);
  }

  @Override
  public boolean remembers() {
    return true;
  }

  @Override
  public boolean ownRadii() {
    return true;
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    double share = shard.radiusShare();
    double[] scales = scales(shard.remembered(), share); // [n], of the largest radius searched
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor isRight = shard.decided(() -> clean.argmax(1).eq(shard.labels())); // [n]
    boolean[] right = isRight.toBooleans();
    Tensor ends =
        shard.adversarial(
            ground -> margins(ground, scales), Reference.labels(shard.labels())); // [n, ...]
    Tensor at =
        Tensors.where(isRight.view(Tensors.perSample(ends)), ends, shard.inputs()); // [n, ...]
    Tensor robust = shard.logits(at); // [n, K]
    Tensor counts = counts(right, scales).to(clean.type()).to(clean.device()); // [n]
    if (share > 0) {
      shard.remember(known(right, scales, share));
    }
    Tensor atMargin = Predictions.crossEntropy(shard, robust).mul(counts); // [n]
    Tensor natural = Predictions.crossEntropy(shard, clean); // [n]
    return ShardLoss.of(natural.mul(this.clean).add(atMargin, 1 - this.clean), clean, robust);
  }

  /** 0 for samples whose margin is large enough, else 1; {@code [n]}. */
  private static Tensor counts(boolean[] right, double[] scales) {
    double[] counts = new double[scales.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = right[i] && scales[i] * BEYOND >= 1 ? 0 : 1;
    }
    return Tensors.of(counts, counts.length);
  }

  /**
   * Radii to search within, as parts of the present largest, {@code [n]}.
   *
   * @param known margins as parts of the largest at the whole radius, {@code [n]}
   * @param share of that radius now
   */
  private static double[] scales(double[] known, double share) {
    return Arrays.stream(known)
        .map(margin -> Double.isNaN(margin) || share == 0 ? 0 : margin / share)
        .map(scale -> Math.min(1, Math.max(LEAST, scale)))
        .toArray();
  }

  /** Margins as parts of the largest at the whole radius, {@code [n]}; wrong samples have none. */
  private static double[] known(boolean[] right, double[] scales, double share) {
    double[] known = new double[scales.length];
    for (int i = 0; i < known.length; i++) {
      known[i] = right[i] ? scales[i] * share : 0;
    }
    return known;
  }

  /**
   * The ends of the margins, {@code [m, ...]}.
   *
   * @param scales of the samples' radii, {@code [n]}; those of the ground's rows become margins
   */
  private Tensor margins(Search.Ground ground, double[] scales) {
    int[] rows = ground.rows().stream().mapToInt(i -> i).toArray();
    double[] own = Arrays.stream(rows).mapToDouble(i -> scales[i]).toArray();
    double largest = ground.threat().epsilon() * reach * BEYOND;
    OwnRadii scaled = new OwnRadii(ground.model(), ground.inputs(), own);
    Tensor far = ground.with(ground.threat().withEpsilon(largest)).with(scaled).maximise(Losses.CE);
    double[] ends = bisected(ground, far, own);
    for (int i = 0; i < rows.length; i++) {
      scales[rows[i]] = ends[i];
    }
    return OwnRadii.between(ground.inputs(), far, ends);
  }

  /** How far along its way from the input each sample meets the boundary, {@code [m]}. */
  private double[] bisected(Search.Ground ground, Tensor far, double[] from) {
    double[] now = from.clone();
    double[] low = new double[now.length];
    double[] high = new double[now.length];
    Arrays.fill(high, 1);
    boolean[] right = right(ground, far, now);
    for (int k = 0; k < bisections; k++) {
      for (int i = 0; i < now.length; i++) {
        if (right[i]) {
          low[i] = Math.max(low[i], now[i]);
        } else {
          high[i] = Math.min(high[i], now[i]);
        }
        now[i] = (low[i] + high[i]) / 2;
      }
      if (k + 1 < bisections) {
        right = right(ground, far, now);
      }
    }
    return now;
  }

  private static boolean[] right(Search.Ground ground, Tensor far, double[] scales) {
    try (Scope scope = Scope.open()) {
      Tensor logits =
          ground.model().logits(OwnRadii.between(ground.inputs(), far, scales)); // [m, K]
      return logits.argmax(1).eq(ground.reference().labels()).toBooleans();
    }
  }
}
