package io.holdfast.train;

import io.holdfast.common.Seed;
import io.holdfast.data.DatasetInfo;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.Mixture;
import io.holdfast.train.objective.Objective;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The samples of one shard as they stand in one step: augmented, mixed, and with saved examples in
 * the places of some. Shapes: n samples.
 */
final class ShardSamples {
  private final int[] positions;
  private final Tensor inputs; // [n, ...]
  private final Tensor labels; // [n]
  private final @Nullable Mixture mixture;
  private final @Nullable Tensor weights; // [n], null where all are 1
  private final SavedRows saved;

  /**
   * Reads them.
   *
   * @param positions in the training set, {@code [n]}
   * @param objective without a search or bounds it takes a saved example's perturbed input for the
   *     sample itself
   */
  ShardSamples(SharedStep common, int shard, int[] positions, Objective objective) {
    this.positions = positions;
    TrainJob job = common.job();
    saved = SavedRows.of(job, common.places(), shard, positions.length);
    long[] classes = Arrays.stream(positions).mapToLong(job.train()::label).toArray();
    float[] values = read(common, shard, positions);
    saved.into(values, classes, !objective.adversarial() && !objective.bounded());
    float[] each = weights(job, positions, saved);
    mixture = mixed(common, shard, saved, values, classes, each);
    inputs = Resizing.fitted(saved.onDevice(values), common.moment().graph());
    labels = Tensors.of(classes, positions.length).to(inputs.device());
    weights = isPlain(each) ? null : Tensors.of(each, each.length).to(inputs.device());
  }

  int size() {
    return positions.length;
  }

  /** In the training set, {@code [n]}; not to be changed. */
  int[] positions() {
    return positions;
  }

  /** {@code [n, ...]}, of the size that the step takes. */
  Tensor inputs() {
    return inputs;
  }

  /** {@code [n]}. */
  Tensor labels() {
    return labels;
  }

  /** The other labels of samples that were made of two; null where none were. */
  @Nullable Mixture mixture() {
    return mixture;
  }

  /** Which of them are saved examples. */
  SavedRows saved() {
    return saved;
  }

  /** Losses {@code [n]} times the samples' weights; as they are where all of these are 1. */
  Tensor weighted(Tensor losses) {
    return weights == null ? losses : losses.mul(weights);
  }

  /** The samples {@code [n, ...]}, row-major, as they are changed this time. */
  private static float[] read(SharedStep common, int shard, int[] positions) {
    int size = common.job().train().info().sampleSize();
    float[] all = new float[positions.length * size];
    for (int row = 0; row < positions.length; row++) {
      System.arraycopy(common.read(shard, row, positions[row]), 0, all, row * size, size);
    }
    return all;
  }

  /** Makes samples of two, where the settings say so. */
  private static @Nullable Mixture mixed(
      SharedStep common, int shard, SavedRows saved, float[] values, long[] classes, float[] each) {
    TrainJob job = common.job();
    Pairs pairs = job.settings().methods().pairs();
    if (pairs == null) {
      return null;
    }
    Seed seed = job.seed().split("pairs").split(common.batch().turn()).split(shard);
    DatasetInfo info = job.train().info();
    Device device = job.network().device();
    return pairs.into(
        values, classes, each, info.shape(), saved::has, seed, info.classCount(), device);
  }

  /** Weights {@code [n]} of the samples, 1 for saved examples. */
  private static float[] weights(TrainJob job, int[] positions, SavedRows saved) {
    float[] values = new float[positions.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = saved.has(i) ? 1 : job.train().weight(positions[i]);
    }
    return values;
  }

  private static boolean isPlain(float[] weights) {
    for (float weight : weights) {
      if (weight != 1) {
        return false;
      }
    }
    return true;
  }
}
