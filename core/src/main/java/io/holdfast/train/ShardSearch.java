package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.attack.SearchRule;
import io.holdfast.common.Seed;
import io.holdfast.data.image.Placement;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Search;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The adversary of one shard of n samples: whom he perturbs, and how. */
final class ShardSearch {
  private final SharedStep common;
  private final int shard;
  private final int[] positions; // [n]
  private final Tensor inputs; // [n, ...]
  private final SavedRows saved;
  private @Nullable Tensor perturbed; // [m], null for all
  private @Nullable Carried carried;
  private final List<WarmStarts.Left> left = new ArrayList<>();

  /**
   * A perturbation that the gradient of the training step itself changes.
   *
   * @param region around the inputs
   * @param variables {@code [n, ...]}, changed in place by the step
   * @param leaf the same, on the tape
   */
  private record Carried(Region region, Tensor variables, Tensor leaf) {}

  ShardSearch(SharedStep common, int shard, ShardSamples samples) {
    this.common = common;
    this.shard = shard;
    positions = samples.positions();
    inputs = samples.inputs();
    saved = samples.saved();
  }

  /** Positions of those that were perturbed on the fly, int64 {@code [m]}; null for all. */
  @Nullable Tensor perturbed() {
    return perturbed;
  }

  /** Adversarial examples {@code [n, ...]}. */
  Tensor find(Loss loss, Reference reference, InnerMaximiser.Start start) {
    Tensor rows = toPerturb();
    perturbed = rows;
    if (common.moment().search().inner().rule() instanceof SearchRule.Free) {
      return carryOn(rows, InnerMaximiser.Start.CLEAN.suiting(loss));
    }
    InnerMaximiser search = common.moment().search().inner().from(start.suiting(loss));
    int[] all = rows == null ? IntStream.range(0, positions.length).toArray() : ints(rows);
    if (all.length == 0) {
      return saved.adversarialOver(inputs);
    }
    Map<Integer, int[]> groups = common.lengths().bySteps(positions, all, search.steps());
    if (groups.size() == 1 && all.length == positions.length) {
      int steps = groups.keySet().iterator().next();
      return search(search.withSteps(steps), loss, reference, all);
    }
    Tensor found = inputs.clone(); // [n, ...]
    groups.forEach(
        (steps, some) ->
            found.indexCopyInPlace(
                0, tensor(some), search(search.withSteps(steps), loss, reference, some)));
    return saved.adversarialOver(found);
  }

  /** Adversarial examples {@code [n, ...]} by a search of the objective's own. */
  Tensor find(Search own, Reference reference) {
    Tensor rows = toPerturb();
    perturbed = rows;
    InnerMaximiser search = common.moment().search().inner();
    int[] all = rows == null ? IntStream.range(0, positions.length).toArray() : ints(rows);
    Map<Integer, int[]> groups = common.lengths().bySteps(positions, all, search.steps());
    Tensor found = inputs.clone(); // [n, ...]
    groups.forEach(
        (steps, some) -> {
          if (some.length > 0) {
            Search.Ground ground = ground(search.withSteps(steps), reference, some);
            found.indexCopyInPlace(0, tensor(some), own.find(ground));
          }
        });
    return saved.adversarialOver(found);
  }

  private Search.Ground ground(InnerMaximiser search, Reference reference, int[] rows) {
    boolean all = rows.length == positions.length;
    Tensor some = tensor(rows); // [m]
    return new Search.Ground(
        common.moment().gradients(),
        search,
        threat(),
        all ? inputs : inputs.indexSelect(0, some),
        all ? reference : reference.at(some),
        seeds(rows),
        IntStream.of(rows).boxed().toList());
  }

  /** The examples of some rows {@code [m, ...]}. */
  private Tensor search(InnerMaximiser search, Loss loss, Reference reference, int[] rows) {
    boolean all = rows.length == positions.length;
    Tensor some = tensor(rows); // [m]
    Tensor x = all ? inputs : inputs.indexSelect(0, some); // [m, ...]
    Reference of = all ? reference : reference.at(some);
    WarmStarts warm = common.kept().warm();
    if (warm == null || !(search.rule() instanceof SearchRule.Projected)) {
      return search.maximise(common.moment().gradients(), loss, threat(), x, of, seeds(rows));
    }
    int[] samples = IntStream.of(rows).map(row -> positions[row]).toArray();
    Region region = threat().around(x);
    Tensor variables = search.start().of(region, seeds(rows)); // [m, ...]
    List<Placement> placements =
        IntStream.of(rows).mapToObj(row -> common.placement(shard, row, positions[row])).toList();
    warm.into(samples, placements, variables, x);
    region.project(variables);
    Tensor found = search.climb(common.moment().gradients(), loss, region, variables, of);
    left.add(warm.left(samples, placements, found.sub(x)));
    return found;
  }

  /** What the next epoch's search begins with, or null. */
  WarmStarts.@Nullable Left left(SharedScope owner) {
    if (left.isEmpty()) {
      return null;
    }
    int[] rows = left.stream().flatMapToInt(l -> IntStream.of(l.rows())).toArray();
    Tensor values = Tensors.cat(left.stream().map(WarmStarts.Left::values).toList(), 0);
    Tensor scales = Tensors.cat(left.stream().map(WarmStarts.Left::scales).toList(), 0);
    return new WarmStarts.Left(rows, owner.adopt(values), owner.adopt(scales));
  }

  private static int[] ints(Tensor rows) {
    return Arrays.stream(rows.toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  private Tensor tensor(int[] rows) {
    return Tensors.of(Arrays.stream(rows).asLongStream().toArray(), rows.length)
        .to(inputs.device());
  }

  /** Random points of the perturbation sets {@code [n, ...]}, drawn for a purpose. */
  Tensor randomPoints(String purpose) {
    Region region = threat().members().get(0).around(inputs);
    return region.apply(region.randomStart(seeds(purpose)));
  }

  ThreatModel threat() {
    ThreatModel threat = common.moment().threat();
    if (threat == null) {
      throw new IllegalStateException("this objective needs a threat model");
    }
    return threat;
  }

  // ---- free training

  private Tensor carryOn(@Nullable Tensor rows, InnerMaximiser.Start start) {
    if (carried != null) {
      throw new IllegalStateException("free training takes one adversarial example per sample");
    }
    Region region = threat().around(inputs);
    List<Tensor> before = common.kept().carried();
    Tensor variables; // [n, ...]
    if (before.isEmpty()) {
      int[] all = IntStream.range(0, positions.length).toArray();
      variables = start.of(region, seeds(all));
    } else {
      variables = region.origin();
      variables.addInPlace(before.get(shard));
      region.project(variables);
    }
    Tensor leaf = variables.clone().asLeaf(); // [n, ...]
    carried = new Carried(region, variables, leaf);
    if (rows == null) {
      return leaf;
    }
    Tensor mask = Tensors.zeros(positions.length).to(inputs.device()); // [n]
    mask.indexCopyInPlace(0, rows, Tensors.ones(rows.count()).to(inputs.device()));
    Tensor wide = mask.gt(0).view(Tensors.perSample(inputs)); // [n, 1, ...]
    return Tensors.where(wide, leaf, saved.adversarialOver(inputs));
  }

  /** The leaf whose gradient changes the perturbation, or null. */
  @Nullable Tensor leaf() {
    return carried == null ? null : carried.leaf();
  }

  /**
   * The perturbation {@code [n, ...]} after one step along the gradient; null without one.
   *
   * @param gradient with respect to the leaf, null where it took no part
   */
  @Nullable Tensor stepped(@Nullable Tensor gradient) {
    Carried now = carried;
    if (now == null) {
      return null;
    }
    if (gradient != null) {
      try (Scope scope = Scope.open()) {
        now.region()
            .trainingStep(now.variables(), gradient, common.moment().search().inner().fraction(0));
      }
    }
    return now.variables().sub(inputs);
  }

  // ---- whom

  /** One stream of random numbers for each of the n samples, for a purpose. */
  List<Seed> seeds(String purpose) {
    int[] all = IntStream.range(0, positions.length).toArray();
    return seeds(all).stream().map(s -> s.split(purpose)).toList();
  }

  private List<Seed> seeds(int[] rows) {
    return Arrays.stream(rows).mapToObj(row -> stream("inner", row)).toList();
  }

  private Seed stream(String purpose, int row) {
    return common.stream(purpose, shard, row, positions[row]);
  }

  /**
   * Positions of the samples that do not stay clean and are no saved examples, int64 {@code [m]};
   * null for all.
   */
  private @Nullable Tensor toPerturb() {
    if (common.cleanShare() == 0) {
      return saved.others();
    }
    long[] rows =
        IntStream.range(0, positions.length)
            .filter(i -> !saved.has(i))
            .filter(i -> stream("mix", i).generator().nextDouble() >= common.cleanShare())
            .asLongStream()
            .toArray();
    return Tensors.of(rows, rows.length).to(inputs.device());
  }
}
