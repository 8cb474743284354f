package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.CheckpointFile;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Journal;
import io.holdfast.record.Example;
import io.holdfast.record.Examples;
import io.holdfast.record.Ledger;
import io.holdfast.record.Scorecard;
import io.holdfast.report.LearningCurves;
import io.holdfast.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run and the files in it.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
  private static final String CHECKPOINT = "checkpoint.safetensors";
  private static final String EXPERIMENT = "experiment.json";
  private static final String LEDGER = "ledger.d";
  private static final String COMMAND = "command.txt";
  private static final String ELSEWHERE = "choose another folder, or move %s away";
  private static final Pattern LEDGER_FILE =
      Pattern.compile("lock|segment-\\d{5}\\.hfl|compact\\.parquet|\\..*");
  private static final Pattern STAGE_FILE =
      Pattern.compile(
          "model\\.holdfast|checkpoint\\.safetensors|metrics\\.jsonl|journal\\.jsonl|\\..*");
  private static final List<String> TRAINED =
      List.of("model.holdfast", CHECKPOINT, Pipeline.FOLDER);
  private static final List<String> JUDGED =
      List.of(
          "metrics.jsonl",
          "scorecard.json",
          "examples.jsonl",
          "ledger.parquet",
          LEDGER,
          CheckpointFile.NAME,
          COMMAND,
          Journal.FILE,
          "report.html");

  /** What a tracking server was told, and how that went. */
  private static final List<String> TOLD = List.of("tracking.json", "tracking.jsonl");

  private static final List<String> OWN =
      Stream.of(TRAINED, JUDGED, TOLD, List.of(EXPERIMENT)).flatMap(List::stream).toList();

  /** Whether a path leads into a folder, or is the folder itself. */
  static boolean contains(Path folder, String path) {
    return absolute(Path.of(path)).startsWith(absolute(folder));
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }

  /** The trained model. */
  public Path model() {
    return path.resolve("model.holdfast");
  }

  /** Where the run comes from: its provenance. */
  public Path experiment() {
    return path.resolve(EXPERIMENT);
  }

  /** The folder of one of its stages. */
  public RunFolder stage(String name) {
    return new RunFolder(Pipeline.folder(path, name));
  }

  /** Where training that is not finished stands. */
  Path checkpoint() {
    return path.resolve(CHECKPOINT);
  }

  /** Steps, epochs and the evaluation's times. */
  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  /** The aggregates of the evaluation. */
  public Path scorecard() {
    return path.resolve("scorecard.json");
  }

  /** Images before and after the attacks. */
  public Path examples() {
    return path.resolve("examples.jsonl");
  }

  /** What a governor decided, where there was one. */
  public Path journal() {
    return path.resolve(Journal.FILE);
  }

  /** For people. */
  public Path report() {
    return path.resolve("report.html");
  }

  /** Keeps the command line that made the run, for reports; never compared. */
  public void writeCommand(String command) {
    if (!command.isEmpty()) {
      AtomicFiles.write(path.resolve(COMMAND), command + "\n");
    }
  }

  /** The command line that made the run; empty where none was kept. */
  public String command() {
    Path file = path.resolve(COMMAND);
    try {
      return Files.exists(file) ? Files.readString(file).strip() : "";
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /** Its last name, for tables. */
  public String name() {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }

  /**
   * Makes the folder ready for a run: nothing of an earlier one is left unless it is to be resumed;
   * a finished one is kept in {@link #previous}, in the place of the one before it.
   *
   * @throws InvalidInputException if it cannot be written, or the run to resume is another one
   */
  void prepare(Provenance run, boolean resume) {
    AtomicFiles.ensureWritableFolder(path);
    AtomicFiles.removeLeftovers(path);
    Path file = path.resolve(EXPERIMENT);
    if (!resume) {
      clear();
    } else if (isHalfMoved()) {
      keep();
    }
    if (resume && Files.exists(file)) {
      run.requireSame(
          Json.read(file, Provenance.class),
          path + ": the run to resume",
          "leave out --resume to start afresh, or choose another folder");
      return;
    }
    AtomicFiles.write(file, Json.pretty(run));
  }

  /**
   * Leaves nothing of an earlier run or evaluation here; a run that was finished is kept in {@link
   * #previous}.
   */
  void clear() {
    if (isHalfMoved() || isFinished()) {
      keep();
    }
    OWN.forEach(name -> delete(path.resolve(name)));
  }

  /** Whether an experiment was run here to its end. */
  boolean isFinished() {
    return holdsRun() && Files.exists(model()) && Files.exists(scorecard());
  }

  /** Where a finished run goes that another one takes the place of. */
  Path previous() {
    return path.resolve("previous");
  }

  /**
   * Whether a move of a finished run there was killed: the model goes last, and nothing is twice.
   */
  private boolean isHalfMoved() {
    RunFolder to = new RunFolder(previous());
    List<String> moved =
        OWN.stream().filter(name -> Files.exists(to.path().resolve(name))).toList();
    boolean apart = moved.stream().noneMatch(name -> Files.exists(path.resolve(name)));
    return Files.exists(model()) && !Files.exists(to.model()) && !moved.isEmpty() && apart;
  }

  /**
   * Moves a finished run to {@link #previous}, the model last, so that a move that was killed is
   * known as one and goes on.
   */
  private void keep() {
    RunFolder to = new RunFolder(previous());
    if (Files.exists(to.model())) {
      delete(to.path());
    }
    AtomicFiles.ensureWritableFolder(to.path());
    List<String> modelLast = new ArrayList<>(OWN);
    modelLast.sort(Comparator.comparing(name -> path.resolve(name).equals(model())));
    for (String name : modelLast) {
      Path file = path.resolve(name);
      if (Files.exists(file)) {
        delete(to.path().resolve(name));
        try {
          Files.move(file, to.path().resolve(name));
        } catch (IOException e) {
          throw FileFailures.writing(to.path(), e);
        }
      }
    }
  }

  /**
   * Makes the folder ready for an evaluation: of an earlier one that is not to be resumed, what was
   * made of its ledger goes; the ledger itself is the evaluation's to replace.
   *
   * @throws InvalidInputException if it cannot be written
   */
  public void prepareEvaluation(boolean resume) {
    AtomicFiles.removeLeftovers(path);
    if (!resume) {
      List.of(scorecard(), examples(), report(), path.resolve(COMMAND), journal())
          .forEach(RunFolder::delete);
    }
  }

  /** Whether an experiment was run here, to its end or not. */
  public boolean holdsRun() {
    Path file = path.resolve(EXPERIMENT);
    try {
      return Files.isRegularFile(file) && Json.read(file).has("code_version");
    } catch (InvalidInputException e) {
      return false; // someone else's
    }
  }

  /** Whether there are results of an evaluation alone, finished or not. */
  public boolean holdsEvaluation() {
    return holdsLedger() && !holdsRun();
  }

  private boolean holdsLedger() {
    Path finished = path.resolve("ledger.parquet");
    if (!Files.isRegularFile(finished)) {
      return Files.exists(path.resolve(LEDGER)) && isLedger(path.resolve(LEDGER));
    }
    try {
      Ledger.read(finished); // its head: rows are read when they are asked for
      return true;
    } catch (InvalidInputException e) {
      return false; // someone else's, or damaged
    }
  }

  /**
   * Checks that an experiment could be run into this folder; leaves nothing behind.
   *
   * @throws InvalidInputException if nothing can be written here, or what would be replaced is not
   *     an earlier run
   */
  public void requireUsable() {
    boolean half = isHalfMoved();
    require("run of harden", holdsRun() || half, OWN);
    RunFolder kept = new RunFolder(previous());
    boolean theirs = !half && !kept.holdsRun();
    if (isFinished() && Files.exists(kept.path()) && (theirs || !kept.holdsOnlyOwn())) {
      throw new InvalidInputException(
          kept.path().toString(),
          "",
          "the run before the last one, which a new one replaces",
          "something else",
          ELSEWHERE.formatted("it"));
    }
  }

  /**
   * Checks that an evaluation could be written into this folder; leaves nothing behind.
   *
   * @throws InvalidInputException if nothing can be written here, or what would be replaced is not
   *     an earlier evaluation
   */
  public void requireEvaluable() {
    require("evaluation", holdsEvaluation(), holdsRun() ? OWN : JUDGED);
  }

  /**
   * Checks that results of several runs, each in a folder of its own, could be told of in this one;
   * leaves nothing behind.
   *
   * @param kind of results, for the message
   * @param result the file that tells of them
   * @param own whether such a file is an earlier one
   * @param begun whether such runs are there
   * @throws InvalidInputException if nothing can be written here, another process does, or what
   *     would be replaced is something else
   */
  void requireFor(String kind, String result, Predicate<JsonNode> own, boolean begun) {
    AtomicFiles.requireWritableFolder(path);
    RunLock.requireFree(path);
    Path file = path.resolve(result);
    boolean others = Files.exists(file) && !own.test(Json.read(file));
    boolean page = Files.exists(report()) && !Files.exists(file) && !begun;
    if (holdsRun() || holdsEvaluation() || holdsAttack() || others || page) {
      throw new InvalidInputException(
          path.toString(),
          "",
          "a new folder, or one with " + kind,
          others ? result + " of something else" : "other results",
          ELSEWHERE.formatted("them"));
    }
  }

  private void require(String kind, boolean held, List<String> names) {
    AtomicFiles.requireWritableFolder(path);
    Problems problems = new Problems(path.toString());
    List<String> found = names.stream().filter(n -> Files.exists(path.resolve(n))).toList();
    if (holdsAttack() || TuningRun.isIn(path)) {
      problems.add(
          "",
          "a new folder, or one with an earlier " + kind,
          holdsAttack() ? "the results of attack" : "a search of harden",
          ELSEWHERE.formatted("them"));
    } else if (!held && !found.isEmpty()) {
      problems.add(
          "",
          "a new folder, or one with an earlier " + kind,
          contents() + " (" + String.join(", ", found) + ")",
          ELSEWHERE.formatted(found.size() == 1 ? "it" : "them"));
    }
    for (String name : found) {
      boolean folder = name.equals(LEDGER) || name.equals(Pipeline.FOLDER);
      if (!folder && Files.isDirectory(path.resolve(name))) {
        problems.add(name, "a file of an earlier run", "a folder", ELSEWHERE.formatted("it"));
      }
      if (name.equals(LEDGER) && !isLedger(path.resolve(name))) {
        problems.add(
            name, "the ledger of an earlier run", "something else", ELSEWHERE.formatted("it"));
      }
      if (name.equals(Pipeline.FOLDER) && !areStages(path.resolve(name))) {
        problems.add(
            name, "the stages of an earlier run", "something else", ELSEWHERE.formatted("it"));
      }
    }
    problems.throwIfAny();
  }

  /** Whether there are folders alone that hold what stages leave and nothing else. */
  private static boolean areStages(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> !Files.isDirectory(file))
          .allMatch(
              file ->
                  folder.relativize(file).getNameCount() == 2
                      && STAGE_FILE.matcher(file.getFileName() + "").matches());
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
  }

  private boolean holdsOnlyOwn() {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.allMatch(file -> OWN.contains(file.getFileName() + ""));
    } catch (IOException e) {
      throw FileFailures.reading(path, e);
    }
  }

  /** Whose results are in the folder. */
  private String contents() {
    if (holdsRun()) {
      return "the results of harden";
    }
    return holdsLedger() ? "the results of evaluate" : "files that it would replace";
  }

  private static boolean isLedger(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(
          f ->
              Files.isDirectory(f)
                  ? f.endsWith(Ledger.SPILL) // of a run that was killed while it ended
                  : LEDGER_FILE.matcher(f.getFileName() + "").matches());
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
  }

  /** Whether the examples of an attack are here, or parts of them. */
  boolean holdsAttack() {
    return AdversarialRun.NAMES.stream().anyMatch(name -> Files.exists(path.resolve(name)))
        || AttackSearchRun.isIn(path);
  }

  static void delete(Path path) {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw FileFailures.writing(path, e);
    }
  }

  /** Adds this run to a report; curves and examples as far as they are there. */
  public Report.Builder addTo(Report.Builder report, String model) {
    LearningCurves curves =
        Files.exists(metrics()) ? LearningCurves.read(metrics()) : LearningCurves.none();
    List<Example> some = Files.exists(examples()) ? Examples.read(examples()) : List.of();
    List<Decision> decisions = Files.exists(journal()) ? Journal.read(journal()) : List.of();
    return report.model(model, readScorecard(), curves, some, decisions);
  }

  /**
   * Reads the scorecard.
   *
   * @throws InvalidInputException if there is none
   */
  public Scorecard readScorecard() {
    if (!Files.exists(scorecard())) {
      throw new InvalidInputException(
          path.toString(),
          "",
          "the folder of a finished run, with scorecard.json",
          Files.isDirectory(path) ? "a folder without one" : "no such folder",
          Files.isDirectory(path) ? "run it again with --resume to finish it" : null);
    }
    return Scorecard.read(scorecard());
  }

  /** Reads the model; the caller closes it. */
  public Bundle readModel() {
    return Bundle.read(model());
  }
}
