package io.holdfast.train;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which samples stand at which step: the seeded order of each epoch, cut into batches and these
 * into shards. Depends on nothing but the seed, the sizes and what is drawn more often.
 */
final class Shards {
  private final int samples;
  private final int batch;
  private final int shard;
  private final Seed seed;
  private double @Nullable [] draws;
  private int cached = -1;
  private int[] order = new int[0];

  /** Each sample once in an epoch. */
  Shards(int samples, int batch, int shard, Seed seed) {
    this(samples, batch, shard, seed, null);
  }

  private Shards(int samples, int batch, int shard, Seed seed, double @Nullable [] draws) {
    this.samples = samples;
    this.batch = batch;
    this.shard = shard;
    this.seed = seed;
    this.draws = draws;
  }

  /** Those of a run, before it measures what is weak. */
  static Shards of(TrainJob job) {
    TrainSettings s = job.settings();
    Dataset data = job.train();
    Selection selection = s.methods().selection();
    boolean even = IntStream.range(0, data.size()).allMatch(i -> data.draws(i) == 1);
    double[] draws =
        selection == null && even
            ? null
            : Objects.requireNonNullElse(selection, Selection.NONE).draws(data);
    return new Shards(data.size(), s.batch(), s.shard(), job.seed(), draws);
  }

  /** From here on samples are drawn so often, see {@link Selection#draws}. */
  void draw(double[] now) {
    draws = now;
    cached = -1;
  }

  /** Whether a sample may stand in an epoch, and in a batch, more than once. */
  boolean drawn() {
    return draws != null;
  }

  /** Full batches in an epoch, at least one. */
  int stepsPerEpoch() {
    return stepsPerEpoch(samples, batch);
  }

  /** As {@link #stepsPerEpoch()}, of so many samples. */
  static int stepsPerEpoch(int samples, int batch) {
    return Math.max(1, samples / batch);
  }

  /** Samples in every step: the batch, or all samples where they are fewer. */
  int batchSize() {
    return Math.min(samples, batch);
  }

  /** Positions in the data set of each shard of a batch, counted over all epochs. */
  List<int[]> at(long turn) {
    int epoch = (int) (turn / stepsPerEpoch());
    int within = (int) (turn % stepsPerEpoch());
    int[] all = order(epoch);
    int from = within * batchSize();
    int to = from + batchSize();
    List<int[]> shards = new ArrayList<>();
    for (int i = from; i < to; i += shard) {
      shards.add(Arrays.copyOfRange(all, i, Math.min(to, i + shard)));
    }
    return shards;
  }

  private int[] order(int epoch) {
    if (epoch != cached) {
      Seed own = seed.split("order").split(epoch);
      order = draws == null ? own.permutation(samples) : Selection.order(draws, own);
      cached = epoch;
    }
    return order;
  }
}
