package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.record.Example;
import io.holdfast.record.Examples;
import io.holdfast.record.Scorecard;
import io.holdfast.report.LearningCurves;
import io.holdfast.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run and the files in it.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
  private static final String EXPERIMENT = "experiment.json";
  private static final String LEDGER = "ledger.d";
  private static final Pattern LEDGER_FILE =
      Pattern.compile("lock|segment-\\d{5}\\.hfl|compact\\.parquet|\\..*");
  private static final String ELSEWHERE = "choose another folder, or move it away";
  private static final List<String> OWN =
      List.of(
          "model.holdfast",
          "checkpoint.safetensors",
          "metrics.jsonl",
          "scorecard.json",
          "examples.jsonl",
          "ledger.parquet",
          LEDGER,
          "report.html",
          EXPERIMENT);

  /** The trained model. */
  public Path model() {
    return path.resolve("model.holdfast");
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

  /** For people. */
  public Path report() {
    return path.resolve("report.html");
  }

  /** Its last name, for tables. */
  public String name() {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }

  /**
   * Makes the folder ready for a run: nothing of an earlier one is left unless it is to be resumed.
   *
   * @throws InvalidInputException if it cannot be written, or the run to resume is another one
   */
  void prepare(Provenance run, boolean resume) {
    AtomicFiles.ensureWritableFolder(path);
    AtomicFiles.removeLeftovers(path);
    Path file = path.resolve(EXPERIMENT);
    if (!resume) {
      OWN.forEach(name -> delete(path.resolve(name)));
    } else if (Files.exists(file)) {
      run.requireSame(
          Json.read(file, Provenance.class),
          path + ": the run to resume",
          "leave out --resume to start afresh, or choose another folder");
      return;
    }
    AtomicFiles.write(file, Json.pretty(run));
  }

  /** Whether an experiment was run here, to its end or not. */
  public boolean holdsRun() {
    return Files.exists(path.resolve(EXPERIMENT));
  }

  /**
   * Refuses a folder that holds an experiment's run, for results of another kind.
   *
   * @throws InvalidInputException if it does
   */
  public void requireNoRun() {
    if (holdsRun()) {
      throw new InvalidInputException(
          path.toString(),
          "",
          "a folder without the run of an experiment, whose results would be overwritten",
          "a run of harden",
          "choose another folder");
    }
  }

  /**
   * Checks that a run could be written here; leaves nothing behind.
   *
   * @throws InvalidInputException if it could not, or what would be replaced is not ours
   */
  void requireUsable() {
    AtomicFiles.requireWritableFolder(path);
    Problems problems = new Problems(path.toString());
    for (String name : OWN) {
      boolean folder = name.equals(LEDGER);
      if (!folder && Files.isDirectory(path.resolve(name))) {
        problems.add(name, "a file of an earlier run", "a folder", ELSEWHERE);
      }
      if (folder && Files.exists(path.resolve(name)) && !isLedger(path.resolve(name))) {
        problems.add(name, "the ledger of an earlier run", "something else", ELSEWHERE);
      }
    }
    problems.throwIfAny();
  }

  private static boolean isLedger(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(
          f -> LEDGER_FILE.matcher(f.getFileName() + "").matches() && !Files.isDirectory(f));
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
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
    return report.model(model, readScorecard(), curves, some);
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
