package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.common.Progress;
import io.holdfast.common.Records;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One training run.
 *
 * @param network trained in place
 * @param train the samples to learn from
 * @param validation held-out samples for the figures at each epoch's end, or null
 * @param threat what the adversary may do, or null for training without one
 * @param inner the search for adversarial examples; how many steps it makes is {@link
 *     TrainSettings#steps}
 * @param settings how to train
 * @param augmentation changes to each training sample, possibly {@link Augmentation#NONE}
 * @param seed of all random streams
 * @param workers that share the shards; any number gives the same weights
 * @param folder for {@code metrics.jsonl} and the checkpoint, or null to write nothing
 * @param resume true to go on from the folder's checkpoint, if there is one
 * @param progress told of each step
 * @param stopper asked before each step
 * @param library saved examples that take places in each batch, or null for none
 * @param guides other models that the objective learns from
 * @param until after how many epochs to pause, with a checkpoint to go on from; 0 to run to the end
 */
public record TrainJob(
    Network network,
    Dataset train,
    @Nullable Dataset validation,
    @Nullable ThreatModel threat,
    InnerMaximiser inner,
    TrainSettings settings,
    Augmentation augmentation,
    Seed seed,
    Workers workers,
    @Nullable Path folder,
    boolean resume,
    Progress progress,
    Stopper stopper,
    @Nullable LibraryFeed library,
    Guides guides,
    int until) {
  /** A run without saved examples and other models. */
  public TrainJob(
      Network network,
      Dataset train,
      @Nullable Dataset validation,
      @Nullable ThreatModel threat,
      InnerMaximiser inner,
      TrainSettings settings,
      Augmentation augmentation,
      Seed seed,
      Workers workers,
      @Nullable Path folder,
      boolean resume,
      Progress progress,
      Stopper stopper) {
    this(
        network,
        train,
        validation,
        threat,
        inner,
        settings,
        augmentation,
        seed,
        workers,
        folder,
        resume,
        progress,
        stopper,
        null,
        Guides.NONE,
        0);
  }

  /** The same with saved examples. */
  public TrainJob with(@Nullable LibraryFeed saved) {
    return Records.with(this, "library", saved);
  }

  /** The same with other models to learn from. */
  public TrainJob with(Guides models) {
    return Records.with(this, "guides", models);
  }

  /** The same with other samples to learn from. */
  public TrainJob with(Dataset samples) {
    return Records.with(this, "train", samples);
  }

  /** The same by other settings. */
  public TrainJob with(TrainSettings other) {
    return Records.with(this, "settings", other);
  }

  /** The same, pausing after so many epochs in all; 0 to run to the end. */
  public TrainJob until(int epochs) {
    return Records.with(this, "until", epochs);
  }
}
