package io.holdfast.evaluate;

import io.holdfast.attack.AttackDriver;
import io.holdfast.common.Deadline;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.record.Kind;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.CommonCorruptions;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Domain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** The rows of a {@link CorruptionBenchmark}: one per sample, type and severity. */
final class CorruptionPass {
  private final int samples;
  private final List<AttemptKey> keys = new ArrayList<>();
  private final List<Corruption> types = new ArrayList<>(); // by key
  private final CleanPass model;
  private final Domain domain;
  private final Deadline deadline;
  private final Rows rows;
  private final Seed seed;

  CorruptionPass(
      CorruptionBenchmark benchmark,
      int channels,
      CleanPass model,
      AttackDriver driver,
      Rows rows,
      Seed seed) {
    this.samples = benchmark.samples();
    this.model = model;
    this.domain = driver.threat().domain();
    this.deadline = driver.deadline();
    this.rows = rows;
    this.seed = seed;
    for (Corruption type : benchmark.typesFor(channels)) {
      for (int severity : benchmark.severities()) {
        types.add(type);
        keys.add(new AttemptKey(Kind.CORRUPTION, type.key(), CommonCorruptions.NAME, severity));
      }
    }
  }

  /** The samples, a seeded choice, in the order of the data. */
  int[] choose(Dataset data) {
    int n = keys.isEmpty() ? 0 : Math.min(samples, data.size());
    int[] order = seed.split("corruptions").permutation(data.size());
    return IntStream.of(order).limit(n).sorted().toArray();
  }

  List<AttemptKey> keys() {
    return List.copyOf(keys);
  }

  /** Of all types, unless the deadline passes meanwhile. */
  List<Attempt> rows(Chunk chunk, LongConsumer done) {
    List<Attempt> all = new ArrayList<>();
    for (int k = 0; k < keys.size() && !deadline.passed(); k++) {
      try (Scope scope = Scope.open()) {
        all.addAll(under(types.get(k), keys.get(k), chunk));
      }
    }
    done.accept(chunk.size());
    return all;
  }

  private List<Attempt> under(Corruption type, AttemptKey key, Chunk chunk) {
    float[] clean = chunk.values();
    int size = clean.length / chunk.size();
    long[] shape = model.model().inputShape(); // [C, H, W]
    List<float[]> made =
        model
            .workers()
            .map(
                chunk.size(),
                i -> {
                  float[] one = Arrays.copyOfRange(clean, i * size, (i + 1) * size);
                  Seed own = seed.split("corruptions").split(chunk.id(i));
                  int draw = CommonCorruptions.draw(own);
                  float[] variables = {type.number(), (float) key.epsilon(), draw};
                  return CommonCorruptions.corrupt(one, shape, variables, domain);
                });
    float[] all = new float[clean.length]; // [N C H W]
    for (int i = 0; i < made.size(); i++) {
      System.arraycopy(made.get(i), 0, all, i * size, size);
    }
    float[][] logits =
        model.logits(Tensors.of(all, chunk.x().shape()), chunk.ids(), "under " + type.key() + ":");
    return model
        .workers()
        .map(
            chunk.size(),
            i -> {
              Distances change = distances(clean, all, i * size, size);
              return rows.corrupted(key, chunk, i, logits[i], change, all);
            });
  }

  private static Distances distances(float[] a, float[] b, int from, int size) {
    double[] clean = new double[size];
    double[] other = new double[size];
    for (int i = 0; i < size; i++) {
      clean[i] = a[from + i];
      other[i] = b[from + i];
    }
    return Distances.between(clean, other);
  }
}
