package io.holdfast.train;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.governor.Gate;
import io.holdfast.data.Dataset;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainResult.Validation;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Measures clean and robust accuracy on the same held-out samples at each epoch's end: a seeded
 * choice of the validation set, so that its order does not matter.
 */
final class Validator {
  /** Samples that are in memory at once. */
  private static final int CHUNK = 1024;

  private static final int VALUES = 1 << 26; // in memory at once, at least a sample

  private final TrainJob job;
  private final Dataset data;
  private final int[] chosen;
  private final int steps;
  private final String purpose;
  private final Gate gate;

  private Validator(
      TrainJob job, Dataset data, int examples, int steps, String purpose, Gate gate) {
    this.job = job;
    this.gate = gate;
    this.data = data;
    this.steps = steps;
    this.purpose = purpose;
    int[] order = job.seed().split("validation sample").permutation(data.size());
    chosen = Arrays.copyOf(order, Math.min(order.length, examples));
    Arrays.sort(chosen);
  }

  /** The validator of a run, or null where nothing is held out. */
  static @Nullable Validator of(TrainJob job) {
    return of(job, Gate.OPEN);
  }

  /** As {@link #of(TrainJob)}, with a gate that shards pass. */
  static @Nullable Validator of(TrainJob job, Gate gate) {
    Dataset data = job.validation();
    if (data == null || data.size() == 0 || job.settings().validationExamples() == 0) {
      return null;
    }
    TrainSettings settings = job.settings();
    return new Validator(
        job, data, settings.validationExamples(), settings.validationSteps(), "validation", gate);
  }

  /**
   * What a guard probes with, or null where there is none.
   *
   * @param gate that shards pass
   */
  static @Nullable Validator probe(TrainJob job, Gate gate) {
    OverfittingGuard guard = job.settings().methods().guard();
    Dataset data = job.validation();
    return guard == null || data == null
        ? null
        : new Validator(job, data, guard.examples(), guard.steps(), "probe", gate);
  }

  /**
   * Adds why nothing is validated, where nothing is.
   *
   * @param what of held-out samples, such as {@code by which the best epoch is found}
   */
  static void require(TrainJob job, String what, @Nullable String hint, Problems problems) {
    Dataset data = job.validation();
    if (data == null || data.size() == 0) {
      problems.add("data.validation", "held-out samples, " + what, "none", hint);
    } else if (job.settings().validationExamples() == 0) {
      problems.add("train.validation.examples", "more than 0, " + what, "0");
    }
  }

  /** How many samples it measures on. */
  int size() {
    return chosen.length;
  }

  /**
   * How a model does.
   *
   * @param clean accuracy in [0, 1]
   * @param robust accuracy under attack in [0, 1], or null without a threat model
   */
  record Figures(double clean, @Nullable Double robust) {}

  /**
   * The figures against a threat model, which may be another one than the job's.
   *
   * @param number of the epoch or step, which decides the attack's random numbers
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  Figures measure(Classifier model, int number, @Nullable ThreatModel threat) {
    return see(model, number, threat).figures();
  }

  /**
   * What was seen of a model.
   *
   * @param standing of the classes and groups of the samples: which of them hold, or are right
   *     where nothing attacks
   */
  record Look(Validation figures, Standing standing) {}

  /**
   * A model at the end of an epoch, class by class and group by group.
   *
   * @param epoch from 1
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  Look look(Classifier model, int epoch) {
    Seen seen = see(model, epoch, job.threat());
    Figures figures = seen.figures();
    return new Look(new Validation(epoch, figures.clean(), figures.robust()), seen.standing());
  }

  private record Seen(Figures figures, Standing standing) {}

  private Seen see(Classifier model, int number, @Nullable ThreatModel threat) {
    long clean = 0;
    long robust = 0;
    Standing.Count count = new Standing.Count();
    int most = Math.max(1, Math.min(CHUNK, VALUES / data.info().sampleSize()));
    for (int from = 0; from < chosen.length; from += most) {
      int[] chunk = Arrays.copyOfRange(chosen, from, Math.min(chosen.length, from + most));
      try (Scope scope = Scope.open()) {
        Tensor x = read(chunk); // [N, ...]
        List<Outcome> outcomes =
            threat == null
                ? correct(model, x, chunk)
                : attack(model, threat, x, chunk, job.seed().split(purpose).split(number));
        for (int i = 0; i < chunk.length; i++) {
          Outcome outcome = outcomes.get(i);
          boolean holds = outcome == Outcome.HELD || outcome == Outcome.CORRECT;
          count.add(data.label(chunk[i]), data.group(chunk[i]), holds);
          clean += outcome == Outcome.SKIPPED_WRONG || outcome == Outcome.WRONG ? 0 : 1;
          robust += holds ? 1 : 0;
        }
      }
    }
    double n = chosen.length;
    Figures figures = new Figures(clean / n, threat == null ? null : robust / n);
    return new Seen(figures, count.all());
  }

  private List<Outcome> attack(
      Classifier model, ThreatModel threat, Tensor x, int[] chunk, Seed seed) {
    int[] labels = Arrays.stream(chunk).map(data::label).toArray();
    long[] ids = Arrays.stream(chunk).mapToLong(data::id).toArray();
    ThreatModel open = threat.knowing(Knowledge.WHITE_BOX).queries(ThreatModel.UNLIMITED);
    return new AttackDriver(model, open, job.workers())
            .withPrecision(job.settings().precision())
            .withStopper(job.stopper())
            .withGate(gate)
            .run(Pgd.steps(steps), x, labels, ids, seed)
            .samples()
            .stream()
            .map(sample -> sample.outcome())
            .toList();
  }

  /** Whether each is right when clean. */
  private List<Outcome> correct(Classifier model, Tensor x, int[] chunk) {
    int shard = AttackDriver.SHARD;
    int shards = (chunk.length + shard - 1) / shard;
    return job
        .workers()
        .map(
            shards,
            i -> {
              job.stopper().check();
              int from = i * shard;
              int to = Math.min(chunk.length, from + shard);
              return gate.pass(() -> correct(model, x, chunk, from, to));
            })
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  private List<Outcome> correct(Classifier model, Tensor x, int[] chunk, int from, int to) {
    try (NoGrad off = NoGrad.on()) {
      long[] classes = model.logits(x.slice(0, from, to).to(model.device())).argmax(1).toLongs();
      return IntStream.range(from, to)
          .mapToObj(
              k -> classes[k - from] == data.label(chunk[k]) ? Outcome.CORRECT : Outcome.WRONG)
          .toList();
    }
  }

  private Tensor read(int[] chunk) {
    int stride = data.info().sampleSize();
    float[] all = new float[chunk.length * stride];
    for (int i = 0; i < chunk.length; i++) {
      job.stopper().check();
      data.read(chunk[i], all, i * stride);
    }
    LongStream shape = LongStream.of(data.info().shapeArray());
    return Tensors.of(all, LongStream.concat(LongStream.of(chunk.length), shape).toArray());
  }
}
