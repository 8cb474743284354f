package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.MetricsLog;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.ForwardingObjective;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.adversarial.UnionSampling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What one epoch leaves to the next goes with the sample: in another epoch it stands in another
 * row, of another shard.
 */
@ExtendWith(LeakCheck.class)
class CarriedOverTest {
  private static final int N = Run.TRAIN.size();
  private static final int SIZE = Run.TRAIN.info().sampleSize();

  /** A sample's values, by which it is known again. */
  private static String key(float[] values) {
    return Arrays.toString(values);
  }

  private static float[] row(float[] all, int i) {
    return Arrays.copyOfRange(all, i * SIZE, (i + 1) * SIZE);
  }

  /** Plain cross-entropy that remembers a number of each sample and compares it in every epoch. */
  private static final class Remembering implements Objective {
    private final Map<String, Double> given = new ConcurrentHashMap<>();
    private final Queue<Double> found = new ConcurrentLinkedQueue<>();
    private final Queue<Double> expected = new ConcurrentLinkedQueue<>();

    @Override
    public String name() {
      return "remembering";
    }

    @Override
    public boolean adversarial() {
      return false;
    }

    @Override
    public boolean remembers() {
      return true;
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      float[] x = shard.inputs().toFloats();
      double[] before = shard.remembered();
      double[] now = new double[before.length];
      for (int i = 0; i < before.length; i++) {
        String sample = key(row(x, i));
        now[i] = given.getOrDefault(sample, (double) (sample.hashCode() % 1000)) + 1;
        synchronized (expected) {
          expected.add(given.getOrDefault(sample, Double.NaN));
          found.add(before[i]);
        }
        given.put(sample, now[i]);
      }
      shard.remember(now);
      Tensor logits = shard.logits(shard.inputs());
      return ShardLoss.of(Predictions.crossEntropy(shard, logits), logits, null);
    }
  }

  @Test
  void whatIsRememberedOfASampleComesBackWithIt() {
    Remembering objective = new Remembering();
    new Run().settings(s -> s.objective(objective).epochs(3)).go();
    assertThat(objective.given).hasSize(N);
    assertThat(objective.expected).hasSize(3 * N);
    assertThat(objective.found).containsExactlyElementsOf(objective.expected);
    assertThat(objective.found.stream().filter(v -> v.isNaN())).hasSize(N);
  }

  /** Cross-entropy that decides something by the weights that it sees. */
  private static final class Deciding extends ForwardingObjective {
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final Queue<String> decided = new ConcurrentLinkedQueue<>();

    Deciding() {
      super(new Standard());
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      Tensor logits = shard.logits(shard.inputs()); // [n, K]
      seen.add(Arrays.toString(logits.toFloats()));
      decided.add(Arrays.toString(shard.decided(logits::detach).toFloats()));
      return ShardLoss.of(Predictions.crossEntropy(shard, logits), logits, null);
    }
  }

  @Test
  void whatIsDecidedHoldsForTheSecondPassOverAStepToo() {
    Deciding objective = new Deciding();
    Run run = new Run().with(r -> r.workers = 1).settings(s -> s.objective(objective).shard(32));
    run.settings(s -> s.methods(Methods.NONE.with(new WeightPerturbation.Awp(0.1, 0)))).go();
    List<String> seen = List.copyOf(objective.seen);
    List<String> decided = List.copyOf(objective.decided);
    assertThat(seen).hasSize(2 * 6).doesNotHaveDuplicates();
    for (int i = 0; i < seen.size(); i += 2) {
      assertThat(decided.subList(i, i + 2)).containsExactly(seen.get(i), seen.get(i));
    }
  }

  /** PGD-AT that keeps each sample's perturbation of every epoch in which it had one. */
  private static final class Perturbing implements Objective {
    private final Map<String, List<float[]>> changes = new ConcurrentHashMap<>();

    @Override
    public String name() {
      return "perturbing";
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      Tensor worst =
          shard.adversarial(Losses.CE, Reference.labels(shard.labels()), shard.start()); // [n, ...]
      float[] x = shard.inputs().toFloats();
      float[] change = worst.sub(shard.inputs()).toFloats();
      for (int i = 0; i < shard.labels().count(); i++) {
        changes
            .computeIfAbsent(key(row(x, i)), k -> new ArrayList<>())
            .add(row(change, i)); // one thread at a time has this sample
      }
      return new PgdAt().loss(shard);
    }
  }

  private static boolean isZero(float[] change) {
    for (float value : change) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  /** In the second epoch searches have no steps: they end where they begin. */
  @Test
  void aSearchBeginsWhereTheLastOneOfItsSampleEnded() {
    Perturbing objective = new Perturbing();
    new Run()
        .settings(
            s ->
                s.objective(objective)
                    .steps(
                        new Curve(List.of(new Curve.Point(0, 3), new Curve.Point(0.5, 0)), false))
                    .cleanShare(Curve.constant(0.4))
                    .methods(Methods.NONE.withWarmStart(1)))
        .go();
    assertThat(objective.changes).hasSize(N);
    int both = 0;
    int fresh = 0;
    for (List<float[]> epochs : objective.changes.values()) {
      float[] first = epochs.get(0);
      float[] second = epochs.get(1);
      assertThat(epochs).hasSize(2);
      if (!isZero(first) && !isZero(second)) {
        both++;
        for (int d = 0; d < SIZE; d++) {
          assertThat(second[d]).isCloseTo(first[d], within(0.1f / 127)); // kept in bytes
        }
      } else if (!isZero(second)) {
        fresh++; // it stayed clean before
      }
    }
    assertThat(both).isGreaterThan(15);
    assertThat(fresh).isGreaterThan(5);
  }

  private static double[] chances(int shard, Path folder) {
    new Run()
        .with(
            r ->
                r.threat =
                    ThreatModel.union(
                        ThreatModel.linf(0.01).within(0, 1), ThreatModel.linf(0.5).within(0, 1)))
        .settings(s -> s.objective(new UnionSampling(50, 10)).epochs(4).shard(shard))
        .settings(s -> s.optimiser(WeightMethodsTest.plainDescent(1e-9))) // no prediction changes
        .in(folder)
        .go();
    List<JsonNode> epochs =
        MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
            .filter(line -> line.has("member_chances"))
            .toList();
    JsonNode last = epochs.get(epochs.size() - 1).path("member_chances");
    return new double[] {last.path(0).asDouble(), last.path(1).asDouble()};
  }

  /** A step's counts are those of all of its shards, and age once for all of them. */
  @Test
  void membersOfAUnionAreDrawnAlikeWhateverTheShards(@TempDir Path folder) {
    double[] whole = chances(32, folder.resolve("whole"));
    assertThat(chances(8, folder.resolve("quarters"))).containsExactly(whole, within(1e-6));
    assertThat(whole[1]).as("the weaker one").isGreaterThan(0.55);
  }
}
