package io.holdfast.train.objective.consistency;

import io.holdfast.attack.Knobs;
import io.holdfast.common.Seed;
import io.holdfast.data.image.AugMix;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Penalty;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The consistency loss of AugMix (Hendrycks et al. 2020, section 3, equation 2): the Jensen-Shannon
 * divergence between the predictions on the clean image and on images mixed from random chains of
 * operations, with the paper's mixture (three chains of up to three operations, severity 3); on
 * demand the worst case of the threat model is one more view.
 *
 * @param lambda weight of the divergence, at least 0
 * @param views mixed images per sample, at least 1
 * @param adversary whether the worst case is a view too
 */
public record AugMixConsistency(double lambda, int views, boolean adversary)
    implements Penalty<AugMixConsistency> {
  /** The registry's line. */
  public static final ObjectiveSpec<AugMixConsistency> SPEC =
      new ObjectiveSpec<>(
          "augmix-jsd",
          "clean cross-entropy + lambda x Jensen-Shannon divergence between clean, mixed and (on"
              + " demand) worst images",
          "Hendrycks et al. 2020, equation 2",
          new AugMixConsistency(12, 2, false),
          List.of(
              Knobs.number(
                  "lambda",
                  "weight of the divergence",
                  0,
                  1e6,
                  AugMixConsistency::lambda,
                  (o, v) -> new AugMixConsistency(v, o.views, o.adversary)),
              Knobs.whole(
                  "views",
                  "mixed images per sample, 1 to 100",
                  1,
                  100,
                  AugMixConsistency::views,
                  (o, v) -> new AugMixConsistency(o.lambda, v, o.adversary)),
              Knobs.flag(
                  "adversary",
                  "whether the worst case is a view too",
                  AugMixConsistency::adversary,
                  (o, v) -> new AugMixConsistency(o.lambda, o.views, v))));

  /** As the paper mixes. */
  public static final AugMix MIX = new AugMix(3, 3, 1, 3);

  @Override
  public ObjectiveSpec<AugMixConsistency> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    int all = 1 + views + (adversary ? 1 : 0);
    return Passes.of(all, all).searching(adversary ? 1 : 0);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return adversary
        ? Set.of(CommonPass.CLEAN, CommonPass.WORST, CommonPass.OF_WORST)
        : Set.of(CommonPass.CLEAN);
  }

  @Override
  public boolean adversarial() {
    return adversary;
  }

  @Override
  public boolean needsImages() {
    return true;
  }

  @Override
  public Penalised penalise(ShardContext shard) {
    @Nullable Tensor worst = adversary ? PgdAt.worst(shard) : null; // [n, C, H, W]
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    List<Tensor> logs = new ArrayList<>(List.of(Nn.logSoftmax(clean, 1))); // of [n, K]
    List<Seed> seeds = shard.seeds("augmix");
    for (int v = 0; v < views; v++) {
      logs.add(Nn.logSoftmax(shard.logits(mixed(shard.inputs(), seeds, v)), 1));
    }
    @Nullable Tensor robust = worst == null ? null : shard.logits(worst); // [n, K]
    if (robust != null) {
      logs.add(Nn.logSoftmax(robust, 1));
    }
    return new Penalised(clean, robust, jensenShannon(logs));
  }

  /** The mean divergence of each from their mean, {@code [n]}, of log-probabilities. */
  private static Tensor jensenShannon(List<Tensor> logs) {
    Tensor all = Tensors.stack(logs, 0); // [v, n, K]
    Tensor mean = all.logSumExp(0).sub(Math.log(logs.size())); // [n, K], of probabilities
    return all.exp().mul(all.sub(mean)).sum(2).mean(0); // [n]
  }

  /** One mixed image of each sample, {@code [n, C, H, W]}. */
  private static Tensor mixed(Tensor x, List<Seed> seeds, int view) {
    int n = (int) x.size(0);
    int channels = (int) x.size(1);
    int height = (int) x.size(2);
    int width = (int) x.size(3);
    float[] all = x.toFloats();
    int size = all.length / n;
    for (int i = 0; i < n; i++) {
      float[] one = Arrays.copyOfRange(all, i * size, (i + 1) * size);
      MIX.apply(one, channels, height, width, seeds.get(i).split(view).generator());
      System.arraycopy(one, 0, all, i * size, size);
    }
    return Tensors.of(all, x.shape()).to(x.type()).to(x.device());
  }
}
