package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.attack.Slope;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import java.util.List;

/**
 * Training against a union of balls by multi steepest descent (Maini et al. 2020, algorithm 1):
 * each step of the search is tried in every member of the union and projected onto that member, and
 * each sample goes on with the try of the highest loss. It begins at the clean input and ends at
 * its last point; the authors' program keeps the best one on the way. Against a single ball it is
 * PGD-AT, and begins where that does.
 */
public record Msd() implements ListedObjective<Msd> {
  /** The registry's line. */
  public static final ObjectiveSpec<Msd> SPEC =
      new ObjectiveSpec<>(
          "msd",
          "cross-entropy on the worst case of a union of balls by multi steepest descent; a union of"
              + " M balls takes k M passes forward more",
          "Maini et al. 2020, algorithm 1",
          new Msd(),
          List.of());

  @Override
  public ObjectiveSpec<Msd> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  /** One gradient serves all members; what is tried in each takes a pass forward. */
  @Override
  public Passes passes(int members, double progress) {
    return members > 1 ? passes().trying(members) : passes();
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public boolean balls() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst =
        shard.adversarial(
            ground -> Scope.tidy(() -> climb(ground, Losses.CE)), Reference.labels(shard.labels()));
    Tensor robust = shard.logits(worst); // [n, K]
    return ShardLoss.of(Predictions.crossEntropy(shard, robust), null, robust);
  }

  /** From the clean input; within a single ball from where the experiment's search begins. */
  private static Tensor climb(Search.Ground ground, Loss loss) {
    List<Region> regions =
        ground.threat().members().stream().map(m -> m.around(ground.inputs())).toList();
    Start start = regions.size() == 1 ? ground.inner().start() : Start.CLEAN;
    Tensor x = start.of(regions.get(0), ground.seeds()); // [m, ...]
    Slope slope = new Slope(ground.model(), loss, ground.reference());
    for (int k = 0; k < ground.inner().steps(); k++) {
      try (Scope step = Scope.open()) {
        x.copyFrom(best(ground, loss, regions, x, slope.gradient(regions.get(0), x, k)));
      }
    }
    return x;
  }

  /** One step from x in the member where it leads highest, {@code [m, ...]}. */
  private static Tensor best(
      Search.Ground ground, Loss loss, List<Region> regions, Tensor x, Tensor gradient) {
    Tensor best = tried(ground, regions, 0, x, gradient);
    if (regions.size() == 1) {
      return best;
    }
    Tensor highest = loss.value(ground.model().logits(best), ground.reference()); // [m]
    for (int r = 1; r < regions.size(); r++) {
      Tensor other = tried(ground, regions, r, x, gradient); // [m, ...]
      Tensor value = loss.value(ground.model().logits(other), ground.reference()); // [m]
      Tensor better = value.gt(highest); // [m]
      best = Tensors.where(better.view(Tensors.perSample(best)), other, best);
      highest = highest.maximum(value);
    }
    return best;
  }

  private static Tensor tried(
      Search.Ground ground, List<Region> regions, int member, Tensor x, Tensor gradient) {
    Tensor moved = x.clone(); // [m, ...], the variables of a ball are the inputs
    double fraction = ground.inner().member(member).fractions().get(0);
    regions.get(member).trainingStep(moved, gradient, fraction);
    return moved;
  }
}
