package io.holdfast.train;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.governor.Governor;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network by the one training loop. Shards of each batch go over the workers; gradients
 * are added up in shard order, so that any number of workers gives the same weights, bit for bit,
 * and a resumed run those of an uninterrupted one.
 */
public final class Trainer {
  private Trainer() {}

  /**
   * Trains the job's network in place. With a folder, {@code metrics.jsonl} and a checkpoint are
   * written there, the last one after the last step, so that resuming a finished run computes
   * nothing; a job that pauses before its end leaves the weights as they are then. Without {@code
   * resume} those of an earlier run are removed first.
   *
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   * @throws HoldfastException if training diverges or a file cannot be written; the last checkpoint
   *     stands
   * @throws InvalidInputException if the job does not fit together, or the checkpoint to resume is
   *     damaged or belongs to another run
   */
  public static TrainResult train(TrainJob job) {
    return train(job, null);
  }

  /**
   * As {@link #train(TrainJob)}, with as much effort as a governor allows. Its decisions are keyed
   * to steps: taken again, as a resumed run does with those of its checkpoint and a replay with
   * those of a journal, they give the same weights. They go into {@code journal.jsonl} in the
   * folder, if there is one.
   *
   * @param governor null to do all that is planned
   * @throws InvalidInputException also if the journal to replay does not fit
   */
  public static TrainResult train(TrainJob job, @Nullable Governor governor) {
    check(job);
    Path folder = job.folder();
    CheckpointStore store =
        folder == null
            ? null
            : new CheckpointStore(folder, Fingerprint.of(job).governed(governor != null));
    try (RunState state = new RunState(job);
        Guides.Asked guides = job.guides().ask(job.settings().precision())) {
      CheckpointStore.Saved saved = store == null ? null : store.begin(state, job.resume());
      Steering.Saved governed = CheckpointStore.governed(saved);
      if (folder != null && governor != null) {
        governor.journal().resume(folder, governed.journal());
      }
      try (RunLog log = log(folder, saved)) {
        return new TrainingLoop(job, state, store, log, guides, governor, governed).run();
      }
    }
  }

  /**
   * Checks all that can be checked before the first step; changes nothing.
   *
   * @throws InvalidInputException if the job does not fit together, with every problem
   */
  public static void check(TrainJob job) {
    Problems problems = new Problems("training");
    ObjectiveChecks.check(job, problems);
    if (job.threat() != null && job.threat().unlimited()) {
      problems.add("threat.epsilon", "a finite epsilon", job.threat().set().key());
    }
    if (job.train().size() == 0) {
      problems.add("data.train", "at least one sample", "none");
    }
    if (job.network().trainable().isEmpty()) {
      problems.add("model.freeze", "at least one layer with weights to train", "all are frozen");
    }
    job.augmentation().check(job.train().info().shape(), "train.augment", problems);
    job.settings().methods().check(job, problems);
    LibraryFeed library = job.library();
    if (library != null) {
      library.check(job.train(), problems);
    }
    boolean needed = job.settings().keepBest() || job.settings().patience() > 0;
    if (needed) {
      Validator.require(
          job,
          "by which the best epoch is found",
          "set data.validation to a share such as 0.05, or keep: last without early stopping",
          problems);
    }
    problems.throwIfAny();
  }

  private static RunLog log(@Nullable Path folder, CheckpointStore.@Nullable Saved saved) {
    if (folder == null) {
      return RunLog.silent();
    }
    return RunLog.in(folder, saved == null ? 0 : saved.metricsOffset());
  }
}
