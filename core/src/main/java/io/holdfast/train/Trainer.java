package io.holdfast.train;

import io.holdfast.common.FileFailures;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Journal;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.train.objective.Objective;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network by the one training loop. Shards of each batch go over the workers; gradients
 * are added up in shard order, so that any number of workers gives the same weights, bit for bit,
 * and a resumed run those of an uninterrupted one.
 */
public final class Trainer {
  /** How Java tells an object that has no text of its own. */
  private static final Pattern UNTOLD = Pattern.compile("[\\w$]@[0-9a-f]{1,8}(?![0-9a-zA-Z])");

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
      } else if (folder != null && saved == null) {
        forget(folder.resolve(Journal.FILE));
      }
      try (RunLog log = log(folder, saved)) {
        return new TrainingLoop(job, state, store, log, guides, governor, governed).run();
      }
    }
  }

  /** Of an earlier run, which had a governor. */
  private static void forget(Path journal) {
    try {
      Files.deleteIfExists(journal);
    } catch (IOException e) {
      throw FileFailures.writing(journal, e);
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
    if (job.folder() != null && tellsNothing(job.settings().objective())) {
      problems.add(
          "train.objective",
          "one whose toString tells its settings: by it a run that goes on knows itself",
          job.settings().objective().getClass().getName());
    }
    requireStatistics(job, problems);
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

  /** Whether another process would find another text for the same objective. */
  private static boolean tellsNothing(Objective objective) {
    return UNTOLD.matcher(objective.toString()).find();
  }

  /** A batch norm normalises by what it sees, which must be more than one number. */
  private static void requireStatistics(TrainJob job, Problems problems) {
    TrainSettings settings = job.settings();
    int batch = Math.min(job.train().size(), settings.batch());
    int rest = batch % settings.shard();
    int least = settings.synchronised() ? batch : rest > 0 ? rest : settings.shard();
    Graph graph = job.network().graph();
    boolean single =
        graph.nodes().stream()
            .filter(node -> node.layer() instanceof BatchNorm)
            .filter(node -> !job.network().frozen().contains(node.name()))
            .map(node -> graph.type(node.name()).shape())
            .anyMatch(shape -> shape.count() == shape.size(0)); // [C] or [C, 1, ...]
    if (least == 1 && single && batch == 1) {
      problems.add(
          "train.batch",
          "batches of at least two samples, by which batch norms normalise",
          "one of a single sample");
    } else if (least == 1 && single) {
      problems.add(
          "train.shard",
          "shards of at least two samples, by which batch norms normalise",
          "one of a single sample in a batch of " + batch,
          "choose a train.shard that leaves no single one, or train.batch_norm: synchronised");
    }
  }

  private static RunLog log(@Nullable Path folder, CheckpointStore.@Nullable Saved saved) {
    if (folder == null) {
      return RunLog.silent();
    }
    return RunLog.in(folder, saved == null ? 0 : saved.metricsOffset());
  }
}
