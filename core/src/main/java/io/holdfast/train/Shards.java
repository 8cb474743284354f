package io.holdfast.train;

import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which samples stand at which step: the seeded order of each epoch, cut into batches and these
 * into shards. Depends on nothing but the seed and the sizes.
 */
record Shards(int samples, int batch, int shard, Seed seed) {
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

  /** Positions in the data set of each shard of a step, counted over all epochs. */
  List<int[]> at(long step) {
    int epoch = (int) (step / stepsPerEpoch());
    int within = (int) (step % stepsPerEpoch());
    int[] order = seed.split("order").split(epoch).permutation(samples);
    int from = within * batchSize();
    int to = from + batchSize();
    List<int[]> shards = new ArrayList<>();
    for (int i = from; i < to; i += shard) {
      shards.add(Arrays.copyOfRange(order, i, Math.min(to, i + shard)));
    }
    return shards;
  }
}
