package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.adversarial.UnionSampling;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whom samples meet in a union, and what is noted of it. */
@ExtendWith(LeakCheck.class)
class UnionSamplingTest {
  private static final int N = TwinCase.N;
  private static final int TRIALS = 1000;

  /** Three radii, by which the members can be told apart. */
  private static final List<Double> RADII = List.of(0.1, 0.2, 0.4);

  private static final ThreatModel UNION =
      ThreatModel.union(
          ThreatModel.linf(0.1).within(-9, 9), ThreatModel.linf(0.2), ThreatModel.linf(0.4));

  /** Every input has a slope of 1, so that a search ends at its member's corner. */
  private static final class Uphill implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      return new Pass(logits(x), Tensors.zerosLike(x).add(1));
    }

    @Override
    public Tensor logits(Tensor x) {
      return Tensors.zeros(x.size(0), TwinCase.K);
    }

    @Override
    public void close() {}
  }

  /** A twin's shard in one epoch, with given figures; keeps what each sample met. */
  private static final class Met extends ForwardingShard {
    private final double[] figures;
    private final long epoch;
    private final List<Integer> rows;
    private int[] members = new int[0];
    private double[] noted = new double[0];
    private double keep = Double.NaN;

    Met(ShardContext shard, double[] figures, long epoch, List<Integer> rows) {
      super(shard);
      this.figures = figures;
      this.epoch = epoch;
      this.rows = rows;
    }

    @Override
    public double[] figures(int count) {
      assertThat(count).isEqualTo(figures.length);
      return figures.clone();
    }

    @Override
    public void note(double kept, double... values) {
      assertThat(noted).as("once in a step").isEmpty();
      keep = kept;
      noted = values.clone();
    }

    @Override
    public List<Seed> seeds(String purpose) {
      return IntStream.range(0, N)
          .mapToObj(i -> new Seed(5).split(purpose).split(epoch).split(i))
          .toList();
    }

    @Override
    public Tensor adversarial(Search search, Reference reference) {
      Tensor all = inputs().to(DType.FLOAT32); // [N, IN]
      long[] places = rows.stream().mapToLong(i -> i).toArray();
      Tensor some = Tensors.of(places, places.length);
      List<Seed> seeds = seeds("inner");
      Tensor found =
          search.find(
              new Search.Ground(
                  new Uphill(),
                  inner(),
                  threat(),
                  all.indexSelect(0, some),
                  reference.at(some),
                  rows.stream().map(seeds::get).toList(),
                  rows));
      Tensor whole = all.clone().indexCopyInPlace(0, some, found);
      double[] moved = whole.sub(all).abs().max(1).toDoubles(); // [N]
      members = Arrays.stream(moved).mapToInt(Met::member).toArray();
      return whole.to(DType.FLOAT64);
    }

    /** The one with that radius, -1 for a sample that stayed clean. */
    private static int member(double moved) {
      if (moved == 0) {
        return -1;
      }
      return IntStream.range(0, RADII.size())
          .filter(m -> Math.abs(moved - RADII.get(m)) < 1e-3)
          .findFirst()
          .orElseThrow();
    }
  }

  private static Met met(UnionSampling objective, double[] figures, long epoch, Integer... rows) {
    try (Scope scope = Scope.open()) {
      TwinCase c = TwinCase.random(1);
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
      Met shard = new Met(new TwinShard(c, a, b, 0.5, UNION, false), figures, epoch, List.of(rows));
      Objective.ShardLoss loss = objective.loss(shard);
      assertThat(loss.perSample().shape()).containsExactly(N);
      Tensor robust = Objects.requireNonNull(loss.robust()); // [N, K]
      boolean[] held = robust.argmax(1).eq(shard.labels()).toBooleans();
      double[] expected = new double[6];
      for (int i = 0; i < N; i++) {
        if (shard.members[i] >= 0) {
          expected[shard.members[i]]++;
          expected[3 + shard.members[i]] += held[i] ? 1 : 0;
        }
      }
      assertThat(shard.noted).as("attacked by each, then held").isEqualTo(expected);
      return shard;
    }
  }

  private static double[] shares(UnionSampling objective, double... figures) {
    double[] shares = new double[3];
    for (int t = 0; t < TRIALS; t++) {
      for (int member : met(objective, figures, t, 0, 1, 2, 3, 4).members) {
        shares[member] += 1.0 / (TRIALS * N);
      }
    }
    return shares;
  }

  @Test
  void withEqualWeaknessMembersAreDrawnAlike() {
    UnionSampling objective = new UnionSampling(3, 50);
    assertThat(objective.chances(new double[6]))
        .containsExactly(new double[] {1.0 / 3, 1.0 / 3, 1.0 / 3}, within(1e-12));
    assertThat(objective.chances(new double[] {40, 40, 40, 7, 7, 7}))
        .containsExactly(new double[] {1.0 / 3, 1.0 / 3, 1.0 / 3}, within(1e-12));
    assertThat(shares(objective, 0, 0, 0, 0, 0, 0))
        .containsExactly(new double[] {1.0 / 3, 1.0 / 3, 1.0 / 3}, within(0.02));
    assertThat(new UnionSampling(0, 50).chances(new double[] {40, 40, 40, 0, 20, 40}))
        .as("strength 0")
        .containsExactly(new double[] {1.0 / 3, 1.0 / 3, 1.0 / 3}, within(1e-12));
  }

  /** Accuracies 0.02, 0.5, 0.98: weights 1 + 3 x 0.96, 1 + 3 x 0.48, 1. */
  @Test
  void aMemberThatFellsEverythingIsDrawnMost() {
    UnionSampling objective = new UnionSampling(3, 50);
    double[] figures = {48, 48, 48, 0, 24, 48};
    double[] chances = {3.88 / 7.32, 2.44 / 7.32, 1 / 7.32};
    assertThat(objective.chances(figures)).containsExactly(chances, within(1e-12));
    assertThat(shares(objective, figures)).containsExactly(chances, within(0.02));
  }

  /** A member that was hardly drawn counts as if one sample had held and one had fallen. */
  @Test
  void littleIsKnownOfAMemberThatWasHardlyDrawn() {
    double[] chances = new UnionSampling(4, 50).chances(new double[] {98, 0, 49, 0});
    assertThat(chances).containsExactly(new double[] {0.5, 0.5}, within(1e-12));
    chances = new UnionSampling(4, 50).chances(new double[] {98, 1, 98, 0});
    double other = 1 + 4 * (0.99 - 1.0 / 3);
    assertThat(chances)
        .containsExactly(new double[] {1 / (1 + other), other / (1 + other)}, within(1e-12));
  }

  /** What each member's own search finds for all samples, of which each sample has one. */
  @Test
  void samplesOfAllMembersShareThePassesOfASearch() {
    ThreatModel union =
        ThreatModel.union(
            ThreatModel.linf(0.1).within(-9, 9), ThreatModel.l2(0.5), ThreatModel.l1(0.7));
    try (Scope scope = Scope.open()) {
      TwinCase c = TwinCase.random(1);
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
      TwinShard twin = new TwinShard(c, a, b, 0.5, union, false);
      InnerMaximiser search =
          new InnerMaximiser(3, List.of(0.4, 0.3, 0.2), InnerMaximiser.Start.UNIFORM);
      Figureless shard = new Figureless(OpenShard.of(twin, search));
      new UnionSampling(3, 50).loss(shard);
      OpenShard open = shard.open;
      assertThat(open.asked()).as("passes").hasSize(3).allMatch(x -> x.length == N * TwinCase.IN);
      double[] found = open.found().get(0);
      List<double[]> byMember =
          IntStream.range(0, 3).mapToObj(m -> alone(open, union.members().get(m), m)).toList();
      for (int i = 0; i < N; i++) {
        int from = i * TwinCase.IN;
        double[] row = Arrays.copyOfRange(found, from, from + TwinCase.IN);
        int met = shard.member(i);
        double[] own = Arrays.copyOfRange(byMember.get(met), from, from + TwinCase.IN);
        assertThat(row).as("sample " + i + " of member " + met).containsExactly(own, within(1e-9));
      }
    }
  }

  private static double[] alone(OpenShard shard, ThreatModel member, int index) {
    shard.adversarial(
        ground -> ground.with(member).with(ground.inner().member(index)).maximise(Losses.CE),
        Reference.labels(shard.labels()));
    return shard.found().get(shard.found().size() - 1);
  }

  /** Without anything noted before. */
  private static final class Figureless extends ForwardingShard {
    private final OpenShard open;

    Figureless(OpenShard open) {
      super(open);
      this.open = open;
    }

    @Override
    public double[] figures(int count) {
      return new double[count];
    }

    @Override
    public void note(double keep, double... values) {}

    /** Whom it meets where all members are drawn alike. */
    int member(int row) {
      return (int) (3 * seeds("member").get(row).generator().nextDouble());
    }
  }

  @Test
  void aSampleMeetsOneMemberInAnEpochAndAnotherInAnother() {
    UnionSampling objective = new UnionSampling(3, 50);
    int[] first = met(objective, new double[6], 0, 0, 1, 2, 3, 4).members;
    assertThat(met(objective, new double[6], 0, 0, 1, 2, 3, 4).members).isEqualTo(first);
    assertThat(met(objective, new double[6], 1, 0, 1, 2, 3, 4).members).isNotEqualTo(first);
  }

  /** Those that stay clean say nothing of any member; the others meet whom they would meet. */
  @Test
  void samplesThatStayCleanAreNotCounted() {
    UnionSampling objective = new UnionSampling(3, 50);
    int[] all = met(objective, new double[6], 2, 0, 1, 2, 3, 4).members;
    Met some = met(objective, new double[6], 2, 1, 4);
    assertThat(some.members).containsExactly(-1, all[1], -1, -1, all[4]);
    assertThat(Arrays.stream(some.noted).limit(3).sum()).isEqualTo(2);
  }

  @Test
  void memoryIsHowManyStepsCount() {
    assertThat(met(new UnionSampling(3, 50), new double[6], 0, 0).keep)
        .isCloseTo(0.98, within(1e-12));
    assertThat(met(new UnionSampling(3, 1), new double[6], 0, 0).keep).isZero();
  }

  private static Objective read(String text) {
    Problems problems = new Problems("t.yaml");
    SettingsReader reader = Settings.yaml("objective: " + text, "t.yaml").reader(problems);
    Objective objective = Objectives.read(reader, "objective", "pgd-at");
    reader.finish();
    problems.throwIfAny();
    return objective;
  }

  @Test
  void itIsReadFromFiles() {
    assertThat(read("union-sampling")).isEqualTo(new UnionSampling(3, 50));
    assertThat(read("{name: union-sampling, strength: 8, memory: 20}"))
        .isEqualTo(new UnionSampling(8, 20));
    assertThatThrownBy(() -> read("{name: union-sampling, strength: -1, memory: 0}"))
        .hasMessageContaining("strength")
        .hasMessageContaining("memory");
  }

  /** They would add to the same figures. */
  @Test
  void aSumHasOneOfThem() {
    assertThatThrownBy(
            () -> read("{name: hybrid, terms: [union-sampling, 'union-sampling[memory=9]']}"))
        .hasMessageContaining("one term that draws members");
    assertThat(read("{name: hybrid, terms: [union-sampling, standard]}").figures(3)).isEqualTo(6);
  }
}
