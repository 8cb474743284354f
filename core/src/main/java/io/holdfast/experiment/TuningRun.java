package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the search of an experiment over its settings: each trial is a run of {@link Harden} in a
 * folder of its own, {@code trials/N}, that is trained as far as the search lets it go on. Trials
 * are judged by the validation at their epochs' ends, on samples that are held out of the training
 * data; test samples are read only to judge the trial that is gone on with at the end. {@code
 * search.json} has all trials, {@code report.html} the table and the picture of those that no other
 * is better than, and {@code search.jsonl} what is known while it runs: a search that was killed
 * goes on with that and ends with the same trials, bit for bit.
 *
 * @param experiment with a search
 * @param today the day by which the expiry of saved examples is judged
 * @param options of all trials; their folder holds those of the trials
 * @param chosen the trial that is trained to its end and attacked afterwards; null for the best
 */
public record TuningRun(
    Experiment experiment, LocalDate today, Harden.Options options, @Nullable Integer chosen) {
  /** The result's file. */
  public static final String RESULT = "search.json";

  private static final String EARLIER = "an earlier search of harden";
  private static final String JOURNAL = "search.jsonl";
  private static final String TRIALS = "trials";

  /**
   * What came out.
   *
   * @param search all trials
   * @param trial the one that was gone on with
   * @param evaluation of that one, on the test samples
   * @param folder with its model and report
   * @param seconds of each trial; they decide nothing
   */
  public record Result(
      TuningResult search,
      int trial,
      EvaluationResult evaluation,
      Path folder,
      Map<Integer, Double> seconds) {
    public Result {
      seconds = Map.copyOf(seconds);
    }
  }

  /** What is searched, and how. */
  public TuningSection section() {
    return Objects.requireNonNull(experiment.programme().search());
  }

  private Settings whole() {
    return experiment.settings().without(TuningSection.KEY, TrackSection.KEY);
  }

  private Path folder(int trial) {
    return options.out().resolve(TRIALS).resolve(Integer.toString(trial));
  }

  private Harden.Options options(int trial) {
    return options.at(folder(trial), true, options.progress().of("trial " + trial));
  }

  /**
   * Refuses what {@link #run} would refuse before its first step; changes nothing.
   *
   * @throws InvalidInputException with every problem
   */
  public void check() {
    Problems problems = new Problems(experiment.source());
    problems.collect(this::requireUsable);
    problems.collect(this::requireChosen);
    problems.collect(
        () -> {
          Experiment first = experiment.trial(Map.of());
          ExperimentData data = ExperimentData.open(first, today);
          requireValidation(first, data);
          Harden.requireInputsOutside(first, data, options);
          Harden.check(first, data, options.at(folder(0), options.resume(), options.progress()));
        });
    problems.throwIfAny();
  }

  private void requireValidation(Experiment first, ExperimentData data) {
    boolean validated =
        first.trainings().stream().allMatch(one -> one.training().validationExamples() > 0);
    if (data.validation() == null || !validated) {
      throw new InvalidInputException(
          experiment.source(),
          data.validation() == null ? "data.validation" : "train.validation.examples",
          "held-out training samples, by which trials are judged",
          "none");
    }
  }

  /** Whether all of a folder is of a search, or of one that was being moved there. */
  private static boolean holdsSearch(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.allMatch(file -> own(folder).contains(file));
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
  }

  /** What a search leaves, its result last. */
  private static List<Path> own(Path folder) {
    return List.of(
        folder.resolve(TRIALS),
        folder.resolve(JOURNAL),
        new RunFolder(folder).report(),
        folder.resolve(RESULT));
  }

  /** That the trial to go on with may be there, and the epochs of a first one. */
  private void requireChosen() {
    TuningSection section = section();
    if (chosen != null && (chosen < 0 || chosen >= section.trials())) {
      throw noTrial(section.trials());
    }
    if (chosen != null && !options.resume()) {
      throw new InvalidInputException(
          "--trial", "", "--resume: it goes on with a trial of an earlier search", "none");
    }
    section.requireFitting(experiment.source(), experiment.trial(Map.of()).epochs());
  }

  private InvalidInputException noTrial(int trials) {
    return new InvalidInputException(
        "--trial", "", "a trial from 0 to " + (trials - 1), String.valueOf(chosen));
  }

  private void requireUsable() {
    Path out = options.out();
    RunFolder folder = new RunFolder(out);
    boolean begun = TrialRace.wrote(out.resolve(JOURNAL));
    folder.requireFor(EARLIER, RESULT, TuningRun::isResult, begun);
    if (Files.exists(out.resolve(TRIALS)) && !Files.exists(out.resolve(JOURNAL))) {
      throw new InvalidInputException(
          out.toString(),
          "",
          "a new folder, or one with " + EARLIER,
          TRIALS + " of something else",
          "choose another folder, or move them away");
    }
    Path kept = folder.previous();
    if (Files.exists(out.resolve(RESULT)) && Files.exists(kept) && !holdsSearch(kept)) {
      throw new InvalidInputException(
          kept.toString(),
          "",
          "the search before the last one, which a new one replaces",
          "something else",
          "choose another folder, or move it away");
    }
  }

  private static boolean isResult(JsonNode file) {
    return file.has("front");
  }

  /** Whether such a search was run in a folder, or is. */
  static boolean isIn(Path folder) {
    Path result = folder.resolve(RESULT);
    try {
      return TrialRace.wrote(folder.resolve(JOURNAL))
          || (Files.exists(result) && isResult(Json.read(result)));
    } catch (InvalidInputException e) {
      return false; // someone else's
    }
  }

  /**
   * Runs it.
   *
   * @throws InvalidInputException as {@link #check}, or if there is no such trial to go on with
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested; resuming goes on
   */
  public Result run() {
    check();
    try (RunLock lock = RunLock.take(options.out())) {
      if (!options.resume() || isHalfMoved()) {
        begin();
      }
      ExperimentData data = ExperimentData.open(experiment.trial(Map.of()), today);
      DataNotes.of(experiment.trial(Map.of()), data).forEach(options.progress()::note);
      TrialRace race = race(data);
      TrialRace.Ended ended =
          race.run(
              options.out().resolve(JOURNAL), about(data), options.resume(), options.progress());
      AtomicFiles.write(options.out().resolve(RESULT), ended.result().toJson());
      return completed(ended, data);
    }
  }

  /**
   * Takes an earlier search away; one that came to its end is kept in {@code previous}, its result
   * going last, so that a move that was killed is known as one and goes on.
   */
  private void begin() {
    Path out = options.out();
    if (Files.exists(out.resolve(RESULT))) {
      Path previous = new RunFolder(out).previous();
      if (Files.exists(previous.resolve(RESULT))) {
        RunFolder.delete(previous);
      }
      AtomicFiles.ensureWritableFolder(previous);
      own(out).stream().filter(Files::exists).forEach(file -> move(file, previous));
    }
    own(out).forEach(RunFolder::delete);
  }

  /** Whether {@link #begin} was killed while it moved: the result is the last to go. */
  private boolean isHalfMoved() {
    Path out = options.out();
    Path previous = new RunFolder(out).previous();
    List<Path> others = own(out).stream().filter(f -> !f.equals(out.resolve(RESULT))).toList();
    return Files.exists(out.resolve(RESULT))
        && !Files.exists(previous.resolve(RESULT))
        && others.stream()
            .anyMatch(
                file ->
                    Files.exists(previous.resolve(String.valueOf(file.getFileName())))
                        && !Files.exists(file));
  }

  private static void move(Path file, Path folder) {
    try {
      Files.move(file, folder.resolve(String.valueOf(file.getFileName())));
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  /** The chosen trial, trained to its end and attacked. */
  private Result completed(TrialRace.Ended ended, ExperimentData data) {
    TuningResult result = ended.result();
    int trial = chosen == null ? result.best() : chosen;
    if (result.trials().stream().noneMatch(t -> t.trial() == trial)) {
      throw noTrial(result.trials().size());
    }
    Experiment one = experiment.trial(result.trial(trial).values());
    EvaluationResult evaluation = Harden.run(one, data.with(one, today), options(trial));
    Report.Builder report =
        Report.builder().title(experiment.name() + ", a search").command(options.command());
    TuningTables.add(report, result, ended.seconds());
    new RunFolder(folder(trial)).addTo(report, "trial " + trial);
    report.build().write(new RunFolder(options.out()).report());
    return new Result(result, trial, evaluation, folder(trial), ended.seconds());
  }

  private TrialRace race(ExperimentData data) {
    TuningSection section = section();
    Experiment first = experiment.trial(Map.of());
    return new TrialRace(
        section.method(),
        section.rungs(first.epochs()),
        section.trials(),
        section.budget(),
        experiment.seed(),
        new Trials(data));
  }

  /** What makes two searches the same one, but for their limits. */
  private String about(ExperimentData data) {
    Settings same =
        experiment
            .settings()
            .with(
                TuningSection.KEY,
                experiment.settings().section(TuningSection.KEY).without("trials", "epochs"));
    Provenance first = Harden.provenance(experiment.trial(Map.of()), data, options);
    return Hashes.sha256Hex(
        String.join(
            "\n",
            same.without("name", "evaluate", "governor", TrackSection.KEY).toJson(),
            first.codeVersion(),
            first.engineVersion(),
            Json.canonical(new TreeMap<>(first.dataHashes()))));
  }

  /** Trials as experiments. */
  private final class Trials implements TrialRace.Trainer {
    private final ExperimentData data;

    Trials(ExperimentData data) {
      this.data = data;
    }

    @Override
    public Optional<Map<String, String>> draw(RandomGenerator random) {
      return section().space().draw(random, whole()).filter(this::fits);
    }

    /** Whether samples and training fit as well, as where an architecture is drawn. */
    private boolean fits(Map<String, String> values) {
      try {
        Experiment one = experiment.trial(values);
        Harden.checkTraining(one, data.with(one, today), options(0));
        return true;
      } catch (InvalidInputException notTogether) {
        return false;
      }
    }

    @Override
    public Map<String, String> given() {
      return section().space().given(whole());
    }

    @Override
    public int epochs(Map<String, String> values, int rung) {
      return section().method() == Tuning.Method.RANDOM ? experiment.trial(values).epochs() : rung;
    }

    @Override
    public TrialOutcome train(int trial, Map<String, String> values, int epochs) {
      Experiment one = experiment.trial(values);
      int own = epochs(values, epochs);
      return Harden.advance(one, data.with(one, today), options(trial), trial, values, own);
    }
  }
}
