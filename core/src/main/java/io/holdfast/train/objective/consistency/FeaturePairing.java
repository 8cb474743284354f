package io.holdfast.train.objective.consistency;

import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Penalty;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.ShardContext.Features;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Pairing of features: clean and worst inputs are to look alike to a layer (as Kannan et al. 2018,
 * section 3, pair logits), and only in the channels that the attack moves most, since those carry
 * what it exploits (Yan et al. 2021, CIFS, section 3, look at channels for the same reason). Which
 * ones is decided anew in each batch: those with the largest mean change over their mean size. The
 * penalty is the mean square of their change.
 *
 * <p>Shapes: n samples of the shard, C channels of the layer, P places of a channel.
 *
 * @param lambda weight of the penalty, at least 0
 * @param share of the channels, in [0, 1]; one of them at least
 * @param layer by its name; the last one before the logits where it is not given
 */
public record FeaturePairing(double lambda, double share, Optional<String> layer)
    implements Penalty<FeaturePairing> {
  /** The registry's line. */
  public static final ObjectiveSpec<FeaturePairing> SPEC =
      new ObjectiveSpec<>(
          "feature-pairing",
          "clean cross-entropy + lambda x mean square of what the worst case changes in a layer,"
              + " over the channels that it moves most",
          "after Kannan et al. 2018, section 3, and Yan et al. 2021, section 3",
          new FeaturePairing(1, 0.25, Optional.empty()),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the penalty",
                  0,
                  1e6,
                  FeaturePairing::lambda,
                  (o, v) -> new FeaturePairing(v, o.share, o.layer)),
              Knobs.share(
                  "share",
                  "of the channels, one of them at least",
                  FeaturePairing::share,
                  (o, v) -> new FeaturePairing(o.lambda, v, o.layer)),
              Knobs.ownText(
                  "layer",
                  "the last one before the logits",
                  "a layer of the network, by its name",
                  FeaturePairing::layer,
                  (o, v) -> new FeaturePairing(o.lambda, o.share, Optional.of(v)))));

  private static final double TINY = 1e-12;

  @Override
  public ObjectiveSpec<FeaturePairing> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(2, 2).searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return Set.of(CommonPass.WORST);
  }

  @Override
  public boolean adversarial() {
    return true;
  }

  @Override
  public boolean mixes() {
    return true;
  }

  @Override
  public boolean acrossBatch() {
    return true;
  }

  @Override
  public List<String> layers() {
    return layer.stream().toList();
  }

  @Override
  public Penalised penalise(ShardContext shard) {
    Tensor worst = PgdAt.worst(shard); // [n, ...]
    List<Features> both =
        shard.alike(
            () -> List.of(shard.features(shard.inputs(), layer), shard.features(worst, layer)));
    Features clean = both.get(0);
    Features robust = both.get(1);
    Tensor before = byChannel(clean.values()); // [n, C, P]
    Tensor change = byChannel(robust.values()).sub(before); // [n, C, P]
    Tensor most = // [c]
        shard.decided(() -> moved(shard, change.detach(), before.detach()).to(change.device()));
    Tensor chosen = change.indexSelect(1, most); // [n, c, P]
    Tensor penalty =
        Predictions.squareNorm(chosen).div((double) chosen.size(1) * chosen.size(2)); // [n]
    return new Penalised(clean.logits(), robust.logits(), penalty);
  }

  private static Tensor byChannel(Tensor values) {
    return values.reshape(values.size(0), values.size(1), -1); // [n, C, P]
  }

  /**
   * The channels that change most in proportion to their size over the batch, int64 {@code [c]}.
   */
  private Tensor moved(ShardContext shard, Tensor change, Tensor before) {
    double[] own = // 2 C
        DoubleStream.concat(sums(change), sums(before)).toArray();
    double[] all = shard.batchSum(SPEC.name(), own); // 2 C
    int channels = all.length / 2;
    int count = (int) Math.max(1, Math.round(share * channels));
    long[] most = // stable: the first of equals
        IntStream.range(0, channels)
            .boxed()
            .sorted(Comparator.comparingDouble(c -> -all[c] / (all[channels + c] + TINY)))
            .limit(count)
            .mapToLong(Integer::longValue)
            .toArray();
    return Tensors.of(most, most.length);
  }

  /** Of absolute values in each channel. */
  private static DoubleStream sums(Tensor values) {
    return DoubleStream.of(values.abs().sum(0, 2).toDoubles());
  }
}
