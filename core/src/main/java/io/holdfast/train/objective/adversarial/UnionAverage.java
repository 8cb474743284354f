package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Training against several threat models at once by the average (Tramèr and Boneh 2019, section 3,
 * "avg"): the mean over the members of a union of the cross-entropy on each one's worst case.
 * Against a single threat model it is PGD-AT. Their "max", the worst of all members, is what PGD-AT
 * and every other objective does with a union.
 */
public record UnionAverage() implements ListedObjective<UnionAverage> {
  /** The registry's line. */
  public static final ObjectiveSpec<UnionAverage> SPEC =
      new ObjectiveSpec<>(
          "union-average",
          "mean over a union's members of the cross-entropy on each one's worst case; passes are per"
              + " member",
          "Tramèr and Boneh 2019, section 3",
          new UnionAverage(),
          List.of());

  @Override
  public ObjectiveSpec<UnionAverage> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  /** All of it is per member. */
  @Override
  public Passes passes(int members, double progress) {
    return passes().times(members);
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    int members = shard.threat().members().size();
    @Nullable Tensor sum = null; // [n]
    @Nullable Tensor least = null; // [n], margins
    @Nullable Tensor robust = null; // [n, K], of the member with the least margin
    for (int m = 0; m < members; m++) {
      Tensor logits = shard.logits(worst(shard, m)); // [n, K]
      Tensor losses = Predictions.crossEntropy(shard, logits).div(members); // [n]
      sum = sum == null ? losses : sum.add(losses);
      Tensor margin = Predictions.margin(logits.detach(), shard.labels()); // [n]
      if (robust == null || least == null) {
        robust = logits.detach();
        least = margin;
      } else {
        robust = Tensors.where(least.gt(margin).unsqueeze(1), logits.detach(), robust);
        least = least.minimum(margin);
      }
    }
    if (sum == null) {
      throw new AssertionError("a threat model has a member");
    }
    return ShardLoss.of(sum, null, robust);
  }

  /** The worst case of one member, {@code [n, ...]}. */
  private static Tensor worst(ShardContext shard, int member) {
    return shard.adversarial(
        ground ->
            ground
                .with(ground.threat().members().get(member))
                .with(ground.inner().member(member))
                .maximise(Losses.CE),
        Reference.labels(shard.labels()));
  }
}
