package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.attack.SearchRule;
import io.holdfast.attack.Slope;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Region;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Training against several threat models at once by sampling: each sample of a step is attacked by
 * one member of the union, drawn anew in each epoch, so that a step costs what it costs against a
 * single threat model. One member drawn for a whole step is the stochastic training of Madaan et
 * al. (2021); here it is one for each sample, and those against which the model is weaker are drawn
 * more often, as group DRO gives weak groups more weight (Sagawa et al. 2020, algorithm 1). The
 * other ways with a union are the mean and the worst of all members (Tramèr and Boneh 2019).
 *
 * <p>Weak is what training itself sees: each member's robust accuracy over about the last {@code
 * memory} steps, counted as if one more sample had held and one had fallen. A member is drawn in
 * proportion to {@code 1 + strength * weakness}, which is by how much its accuracy is below the
 * best one's, so that none is ever forgotten. The accuracies are of the steps before, added up over
 * the shards in their order, and part of the checkpoint. Against a single threat model it is
 * PGD-AT.
 *
 * @param strength at least 0; 0 draws all members alike
 * @param memory steps over which accuracies are averaged, at least 1: with each step what the ones
 *     before saw counts {@code 1 - 1 / memory} times as much
 */
public record UnionSampling(double strength, int memory) implements ListedObjective<UnionSampling> {
  /** The registry's line. */
  public static final ObjectiveSpec<UnionSampling> SPEC =
      new ObjectiveSpec<>(
          "union-sampling",
          "cross-entropy on the worst case within one member of a union, drawn for each sample, weak"
              + " ones more often",
          "after Madaan et al. 2021, and Sagawa et al. 2020, algorithm 1",
          new UnionSampling(3, 50),
          List.of(
              Knobs.number(
                  "strength",
                  "a member is drawn in proportion to 1 + strength x weakness, which is by how much"
                      + " its robust accuracy is below the best one's",
                  0,
                  1e6,
                  UnionSampling::strength,
                  (o, v) -> new UnionSampling(v, o.memory)),
              Knobs.count(
                  "memory",
                  "steps over which these accuracies are averaged",
                  UnionSampling::memory,
                  (o, v) -> new UnionSampling(o.strength, v))));

  @Override
  public ObjectiveSpec<UnionSampling> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  /** One member is searched for each sample. */
  @Override
  public Passes passes(int members, double progress) {
    return passes();
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  /** Of each member, how many samples it attacked, then how many of them held. */
  @Override
  public int figures(int members) {
    return 2 * members;
  }

  /**
   * How likely each member is drawn.
   *
   * @param figures of each member, how many samples it attacked, then of each, how many held
   * @return one for each member; they add up to 1
   */
  @Override
  public double[] chances(double[] figures) {
    int members = figures.length / 2;
    double[] accuracy = new double[members];
    for (int m = 0; m < members; m++) {
      accuracy[m] = (figures[members + m] + 1) / (figures[m] + 2);
    }
    double best = DoubleStream.of(accuracy).max().orElse(0);
    double[] weights = DoubleStream.of(accuracy).map(a -> 1 + strength * (best - a)).toArray();
    double sum = DoubleStream.of(weights).sum();
    return DoubleStream.of(weights).map(w -> w / sum).toArray();
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    int members = shard.threat().members().size();
    int[] drawn = drawn(chances(shard.figures(figures(members))), shard.seeds("member")); // [n]
    boolean[] attacked = new boolean[drawn.length];
    Tensor worst =
        shard.adversarial(
            ground -> Scope.tidy(() -> within(ground, drawn, attacked)),
            Reference.labels(shard.labels())); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    boolean[] held = robust.argmax(1).eq(shard.labels()).toBooleans();
    double[] counts = new double[figures(members)];
    for (int i = 0; i < drawn.length; i++) {
      counts[drawn[i]] += attacked[i] ? 1 : 0;
      counts[members + drawn[i]] += attacked[i] && held[i] ? 1 : 0;
    }
    shard.note(1 - 1.0 / memory, counts);
    return ShardLoss.of(Predictions.crossEntropy(shard, robust), null, robust);
  }

  /** The member for each sample. */
  private static int[] drawn(double[] chances, List<Seed> seeds) {
    return seeds.stream().mapToInt(seed -> drawn(chances, seed)).toArray();
  }

  private static int drawn(double[] chances, Seed seed) {
    double at = seed.generator().nextDouble(); // in [0, 1)
    int last = chances.length - 1;
    for (int m = 0; m < last; m++) {
      at -= chances[m];
      if (at < 0) {
        return m;
      }
    }
    return last;
  }

  /**
   * The worst case of each sample within its own member, {@code [m, ...]}.
   *
   * @param drawn members of all samples of the shard
   * @param attacked set for the rows of the ground
   */
  private static Tensor within(Search.Ground ground, int[] drawn, boolean[] attacked) {
    int[] rows = ground.rows().stream().mapToInt(i -> i).toArray();
    Arrays.stream(rows).forEach(row -> attacked[row] = true);
    List<Part> parts = new ArrayList<>();
    for (int m = 0; m < ground.threat().members().size(); m++) {
      int member = m;
      int[] own = IntStream.range(0, rows.length).filter(i -> drawn[rows[i]] == member).toArray();
      if (own.length > 0) {
        parts.add(Part.of(ground, member, own));
      }
    }
    boolean plain = ground.inner().rule().equals(SearchRule.PROJECTED);
    boolean alike = parts.stream().allMatch(p -> p.ground.threat().set() instanceof Additive);
    return plain && alike ? together(ground, parts) : apart(ground, parts);
  }

  /**
   * The samples of one member.
   *
   * @param ground of these alone, with the member and its search
   * @param places of these among all of them, int64 {@code [p]}
   */
  private record Part(Search.Ground ground, Tensor places) {
    static Part of(Search.Ground all, int member, int[] own) {
      Tensor places = Tensors.of(Arrays.stream(own).asLongStream().toArray(), own.length);
      return new Part(
          all.at(own).with(all.threat().members().get(member)).with(all.inner().member(member)),
          places.to(all.inputs().device()));
    }
  }

  /** Each member's samples by themselves. */
  private static Tensor apart(Search.Ground ground, List<Part> parts) {
    Tensor found = ground.inputs().clone(); // [m, ...]
    for (Part part : parts) {
      found.indexCopyInPlace(0, part.places, part.ground.maximise(Losses.CE));
    }
    return found;
  }

  /** With one pass for all of them in each step: what moves in balls are the inputs themselves. */
  private static Tensor together(Search.Ground ground, List<Part> parts) {
    List<Region> regions =
        parts.stream().map(p -> p.ground.threat().around(p.ground.inputs())).toList();
    Slope slope = new Slope(ground.model(), Losses.CE, ground.reference());
    Tensor x = ground.inputs().clone(); // [m, ...]
    for (int p = 0; p < parts.size(); p++) {
      Search.Ground own = parts.get(p).ground;
      x.indexCopyInPlace(
          0, parts.get(p).places, own.inner().start().of(regions.get(p), own.seeds()));
    }
    for (int k = 0; k < ground.inner().steps(); k++) {
      try (Scope step = Scope.open()) {
        Tensor gradient = slope.gradient(regions.get(0), x, k); // [m, ...]
        for (int p = 0; p < parts.size(); p++) {
          Part part = parts.get(p);
          Tensor moved = x.indexSelect(0, part.places); // [p, ...]
          double fraction = part.ground.inner().fraction(0);
          regions.get(p).trainingStep(moved, gradient.indexSelect(0, part.places), fraction);
          x.indexCopyInPlace(0, part.places, moved);
        }
      }
    }
    return x;
  }
}
