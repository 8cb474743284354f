package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.record.Attempt;
import io.holdfast.record.ClassScore;
import io.holdfast.record.Comparison;
import io.holdfast.record.Ledger;
import io.holdfast.record.Scorecard;
import io.holdfast.record.SeedRuns;
import io.holdfast.report.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What there is to compare of a run folder or a bundle.
 *
 * @param card its scorecard
 * @param rows its ledger, or null where there is none
 */
public record ComparedRun(Scorecard card, @Nullable Iterable<Attempt> rows) {

  /**
   * Opens a folder of a run, or a bundle that holds a scorecard.
   *
   * @throws InvalidInputException if it is neither
   */
  public static ComparedRun open(Path path) {
    RunFolder folder = new RunFolder(path);
    if (Files.exists(folder.scorecard()) && !Files.exists(path.resolve("bundle.json"))) {
      boolean ledger =
          Files.exists(path.resolve("ledger.parquet")) || Files.exists(path.resolve("ledger.d"));
      return new ComparedRun(folder.readScorecard(), ledger ? Ledger.read(path).rows() : null);
    }
    boolean plainFolder = Files.isDirectory(path) && !Files.exists(path.resolve("bundle.json"));
    if (plainFolder || !Files.exists(path)) {
      throw new InvalidInputException(
          path.toString(),
          "",
          "the folder of a finished run, or a bundle",
          plainFolder ? "a folder without scorecard.json" : "nothing",
          runsWithin(path));
    }
    try (Bundle bundle = Bundle.read(path)) {
      Scorecard card = bundle.scorecard();
      if (card == null) {
        throw new InvalidInputException(
            path.toString(), "", "a bundle with a scorecard", "one that was never evaluated");
      }
      return new ComparedRun(card, null);
    }
  }

  /** Where the runs of a search or of several seeds lie; null of other folders. */
  private static @Nullable String runsWithin(Path folder) {
    if (Files.exists(folder.resolve(TuningRun.RESULT))) {
      return "a search: name the folder of one of its trials";
    }
    return Files.exists(folder.resolve(SeedRuns.FILE))
        ? "several seeds: compare them with another folder of seeds, or name that of one seed"
        : null;
  }

  /**
   * Why samples were not compared one by one.
   *
   * @param other of which {@link #with} has made an unpaired comparison
   */
  public String unlike(ComparedRun other) {
    List<String> classes = classes(card);
    List<String> others = classes(other.card);
    if (!classes.equals(others)) {
      return "not the same classes: " + classes + ", " + others;
    }
    String own = card.provenance().dataHashes().get(Provenance.EVALUATION);
    return own != null
            && own.equals(other.card.provenance().dataHashes().get(Provenance.EVALUATION))
        ? "the same samples, but no ledger of both that could tell them apart"
        : "different samples";
  }

  private static List<String> classes(Scorecard card) {
    return card.classes().stream().map(ClassScore::name).toList();
  }

  /** Adds to a report how the last of some runs differs from the first. */
  public static void addTo(Report.Builder report, List<Path> runs) {
    if (runs.size() > 1) {
      report.comparison(open(runs.get(0)).with(open(runs.get(runs.size() - 1))));
    }
  }

  /** The differences, sample by sample where both have a ledger. */
  public Comparison with(ComparedRun second) {
    Iterable<Attempt> a = rows;
    Iterable<Attempt> b = second.rows;
    Comparison all =
        a != null && b != null ? Comparison.of(a, b) : Comparison.of(card, second.card);
    return all.without(card.incomplete().keySet()).without(second.card.incomplete().keySet());
  }
}
