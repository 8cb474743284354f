package io.holdfast.experiment;

import io.holdfast.attack.Axis;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.tensor.Engine;
import io.holdfast.train.TrainingCost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A search over settings of training, judged by its own validation on held-out training samples.
 * Immutable: each method gives a changed copy.
 *
 * <pre>{@code
 * Tuning.Found found =
 *     Tuning.of(Hardening.of(model).against(threat).epochs(9).folder(Path.of("runs/search")))
 *         .over(
 *             new Axis.Numbers("learning_rate", 0.01, 0.3, true),
 *             (h, v) -> h.optimiser(Optimiser.Config.sgd(Double.parseDouble(v))))
 *         .method(Tuning.Method.ASHA).trials(20).search(train);
 * Bundle best = found.best().fit(train);
 * }</pre>
 *
 * <p>Every trial has a folder of its own, {@code trials/N}, in that of the training; training with
 * {@code resume} goes on with what is there.
 */
public final class Tuning {
  private static final String JOURNAL = "search.jsonl";
  private static final String TRIALS = "trials";

  /** How trials are let go on. */
  public enum Method {
    /** All of them to their end (Bergstra and Bengio 2012). */
    RANDOM,
    /** The best third from rung to rung (Jamieson and Talwalkar 2016, algorithm 1). */
    HALVING,
    /**
     * As soon as a rung's best third has one that has not gone on (Li et al. 2020, algorithm 2).
     */
    ASHA
  }

  /**
   * What was found.
   *
   * @param result every trial
   * @param best the best trial's training, which goes on where it stands
   */
  public record Found(TuningResult result, Hardening best) {}

  private record Field(Axis values, BiFunction<Hardening, String, Hardening> change) {}

  private final Hardening base;
  private List<Field> fields = List.of();
  private Method method = Method.HALVING;
  private int trials = TuningSection.DEFAULT_TRIALS;
  private int budget;
  private int least;

  private Tuning(Hardening base) {
    this.base = base;
  }

  private Tuning change(Consumer<Tuning> edit) {
    Tuning copy = new Tuning(base);
    copy.fields = fields;
    copy.method = method;
    copy.trials = trials;
    copy.budget = budget;
    copy.least = least;
    edit.accept(copy);
    return copy;
  }

  /** A search around a training, which is the first trial; it must have a folder. */
  public static Tuning of(Hardening training) {
    return new Tuning(training);
  }

  /**
   * A setting to search over.
   *
   * @param values to try
   * @param change a training with one of them, as it is written in a text
   */
  public Tuning over(Axis values, BiFunction<Hardening, String, Hardening> change) {
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(values, change));
    return change(t -> t.fields = List.copyOf(more));
  }

  /** How trials are let go on; by halving unless said otherwise. */
  public Tuning method(Method how) {
    return change(t -> t.method = how);
  }

  /** The most trials, at least 1; {@value TuningSection#DEFAULT_TRIALS} unless said otherwise. */
  public Tuning trials(int most) {
    return change(t -> t.trials = most);
  }

  /** The most epochs over all trials, 0 for no limit. */
  public Tuning epochs(int most) {
    return change(t -> t.budget = most);
  }

  /** Epochs of the first rung, 0 for a ninth of all. */
  public Tuning least(int epochs) {
    return change(t -> t.least = epochs);
  }

  /**
   * Searches. Without {@code resume} the trials of an earlier search in the folder are deleted.
   *
   * @throws InvalidInputException if there is no folder, or one with trials that are of no search,
   *     or nothing to search over, or training refuses what it gets
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested; resuming goes on
   */
  public Found search(Dataset train) {
    Path out = checked(train);
    try (RunLock lock = RunLock.take(out)) {
      if (!base.resumes()) {
        RunFolder.delete(out.resolve(TRIALS));
      }
      return searched(train, out);
    }
  }

  private Found searched(Dataset train, Path out) {
    int all = base.settings().epochs();
    List<Integer> rungs = section().rungs(all);
    TrialRace race = new TrialRace(method, rungs, trials, budget, base.seed(), new Trials(train));
    TuningResult result =
        race.run(out.resolve(JOURNAL), about(train), base.resumes(), base.display()).result();
    TrialOutcome best = result.trial(result.best());
    return new Found(result, trial(best.trial(), best.values()));
  }

  private TuningSection section() {
    return new TuningSection(method, trials, budget, least, new TuningSpace(List.of()));
  }

  private Path checked(Dataset train) {
    Problems problems = new Problems("search");
    if (base.folder() == null) {
      problems.add("folder", "a folder for the trials", "none");
    }
    if (fields.isEmpty()) {
      problems.add("over", "at least one setting to search over", "none");
    }
    if (trials < 1) {
      problems.add("trials", "at least 1", Integer.toString(trials));
    }
    if (!base.validates()) {
      problems.add("validation", "held-out samples, by which trials are judged", "none");
    }
    Governor governor = base.governor();
    if (governor != null && governor.budgets().changeResults()) {
      problems.add("governor", Programme.COMPARABLE, "budgets that change results");
    }
    Path out = base.folder();
    if (out != null
        && !base.resumes()
        && Files.exists(out.resolve(TRIALS))
        && !Files.exists(out.resolve(JOURNAL))) {
      problems.add("folder", "a new one, or one of an earlier search", out + " with trials");
    }
    problems.collect(() -> base.run().check(train));
    problems.collect(() -> section().requireFitting("search", base.settings().epochs()));
    problems.throwIfAny();
    return Objects.requireNonNull(base.folder());
  }

  private String about(Dataset train) {
    return Hashes.sha256Hex(
        String.join(
            "\n",
            Provenance.currentCode(),
            Engine.version(),
            base.run().same(train).toString(),
            Long.toString(base.seed().value()),
            fields.stream().map(Field::values).toList().toString(),
            method.name(),
            Integer.toString(least)));
  }

  private Hardening trial(int number, Map<String, String> values) {
    Hardening training = base;
    for (Field field : fields) {
      String value = values.get(field.values().key());
      if (value != null) {
        training = field.change().apply(training, value);
      }
    }
    Path out = Objects.requireNonNull(base.folder());
    return training
        .folder(out.resolve(TRIALS).resolve(Integer.toString(number)))
        .resume(true)
        .progress(base.display().of("trial " + number));
  }

  /** Trials as trainings. */
  private final class Trials implements TrialRace.Trainer {
    private final Dataset train;

    Trials(Dataset train) {
      this.train = train;
    }

    @Override
    public Optional<Map<String, String>> draw(RandomGenerator random) {
      Map<String, String> values = new LinkedHashMap<>();
      fields.forEach(f -> values.put(f.values().key(), f.values().draw(random)));
      try {
        trial(0, values).run().check(train);
        return Optional.of(values);
      } catch (InvalidInputException notTogether) {
        return Optional.empty();
      }
    }

    @Override
    public Map<String, String> given() {
      return Map.of();
    }

    @Override
    public int epochs(Map<String, String> values, int rung) {
      return method == Method.RANDOM ? trial(0, values).settings().epochs() : rung;
    }

    @Override
    public TrialOutcome train(int trial, Map<String, String> values, int upTo) {
      Hardening training = trial(trial, values);
      int own = epochs(values, upTo);
      training.run().advance(train, own);
      Path folder = Objects.requireNonNull(training.folder());
      EpochFigures figures =
          EpochFigures.read(new RunFolder(folder).metrics(), training.settings().keepBest(), own);
      TrainingCost cost = training.run().cost(train, Math.min(own, figures.trained()));
      return TrialOutcome.of(trial, values, own, figures, cost, training.graph());
    }
  }
}
