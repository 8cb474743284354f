package io.holdfast.train;

import io.holdfast.common.Seed;
import io.holdfast.data.image.Placement;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.Guide;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all shards of a step share.
 *
 * @param batch which one it is
 * @param moment of the run
 * @param cleanShare of samples that stay clean
 * @param guides other models that the objective learns from
 * @param owner of what the shards hand back
 * @param places for each place of the batch the saved example that takes it, or {@link
 *     LibraryFeed#NONE}; empty where there is no library
 * @param lengths by which factor each sample's search is longer; empty where all are equal
 * @param pass which one of the step
 * @param kept from the steps before
 */
record SharedStep(
    TrainJob job,
    Batch batch,
    BatchStep.Moment moment,
    double cleanShare,
    Map<Guide, InputGradients> guides,
    SharedScope owner,
    List<Integer> places,
    SearchLengths lengths,
    StepPass pass,
    Kept kept) {
  /**
   * The samples of a step.
   *
   * @param step from 0
   * @param turn of the batch, from 0: batches that are replayed have one turn for several steps
   * @param epoch of the batch, from 0
   * @param size samples in all its shards
   * @param watched whether accuracy on clean inputs is counted though the objective has no such
   *     pass
   * @param drawn whether a sample may stand in an epoch more than once
   */
  record Batch(long step, long turn, int epoch, int size, boolean watched, boolean drawn) {}

  /**
   * What earlier steps have left.
   *
   * @param carried perturbations that free training goes on with, by shard; empty for none
   * @param warm perturbations of the last epoch, or null
   * @param memory of objectives that remember, or null
   * @param figures of objectives that add them up, or null
   * @param beside weights of the network that the objective trains beside; empty for none
   */
  record Kept(
      List<Tensor> carried,
      @Nullable WarmStarts warm,
      @Nullable SampleMemory memory,
      @Nullable RunningFigures figures,
      Map<String, Tensor> beside) {}

  /** The training sample in a row of a shard as it is changed this time. */
  float[] read(int shard, int row, int position) {
    return job.augmentation().over(job.train(), augmenting(shard, row), time()).read(position);
  }

  /** Where its pixels stand this time. */
  Placement placement(int shard, int row, int position) {
    long id = job.train().id(position);
    return job.augmentation().placement(id, augmenting(shard, row), time());
  }

  private long time() {
    return batch.drawn() ? batch.turn() : batch.epoch();
  }

  private Seed augmenting(int shard, int row) {
    return own(job.seed().split("augment"), shard, row);
  }

  /** Random numbers of a sample for a purpose this time: other ones for each of its copies. */
  Seed stream(String purpose, int shard, int row, int position) {
    Seed now = job.seed().split(purpose).split(batch.epoch());
    Seed turned = batch.drawn() ? now.split("turn").split(batch.turn()) : now;
    return own(turned, shard, row).split(job.train().id(position));
  }

  private Seed own(Seed seed, int shard, int row) {
    return batch.drawn() ? seed.split(shard).split(row) : seed;
  }
}
