package io.holdfast.experiment;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Format;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.record.Scorecard;
import io.holdfast.record.SeedRuns;
import io.holdfast.record.Spread;
import io.holdfast.report.Report;
import io.holdfast.report.TableSection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs an experiment once for each of its seeds: every run is one of {@link Harden} in a folder of
 * its own, {@code seed-N}, and {@code seeds.json} and {@code report.html} tell how its figures
 * vary. A run that was killed goes on where it was, and ends with the same files.
 *
 * @param experiment with seeds
 * @param today the day by which the expiry of saved examples is judged
 * @param options of all runs; their folder holds those of the runs
 */
public record SeedRun(Experiment experiment, LocalDate today, Harden.Options options) {
  private static final String PREFIX = "seed-";

  /**
   * What came out.
   *
   * @param seeds the figures
   * @param cards of the runs, in their order
   */
  public record Result(SeedRuns seeds, List<Scorecard> cards) {
    public Result {
      cards = List.copyOf(cards);
    }
  }

  private List<Long> seeds() {
    return experiment.programme().seeds();
  }

  private Path folder(long seed) {
    return options.out().resolve(PREFIX + seed);
  }

  private Harden.Options options(long seed) {
    return options.at(folder(seed), options.resume(), options.progress().of("seed " + seed));
  }

  /**
   * Refuses what {@link #run} would refuse before its first step; changes nothing.
   *
   * @throws InvalidInputException with every problem
   */
  public void check() {
    check(new ReadData());
  }

  private void check(ReadData read) {
    Problems problems = new Problems(experiment.source());
    problems.collect(this::requireUsable);
    for (long seed : seeds()) {
      problems.collect(
          () -> {
            Experiment one = experiment.seeded(seed);
            Harden.check(one, ExperimentData.open(one, today), options(seed), read);
          });
    }
    problems.throwIfAny();
  }

  private void requireUsable() {
    boolean begun = seeds().stream().anyMatch(seed -> Files.exists(folder(seed)));
    new RunFolder(options.out())
        .requireFor(
            "earlier runs of several seeds", SeedRuns.FILE, file -> file.has("figures"), begun);
  }

  /**
   * Runs it.
   *
   * @throws InvalidInputException as {@link #check}
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested; resuming goes on
   * @throws HoldfastException in the end, if the run of a seed failed, as where training diverges;
   *     what is written tells of the others
   */
  public Result run() {
    ReadData read = new ReadData();
    check(read);
    try (RunLock lock = RunLock.take(options.out())) {
      if (!options.resume()) { // all at once, so that a run that is killed soon can be resumed
        RunFolder.delete(options.out().resolve(SeedRuns.FILE));
        RunFolder.delete(new RunFolder(options.out()).report());
        seeds().forEach(seed -> new RunFolder(folder(seed)).clear());
      }
      List<Scorecard> cards = new ArrayList<>();
      List<SeedRuns.Run> runs = new ArrayList<>();
      List<String> failed = new ArrayList<>();
      for (long seed : seeds()) {
        Experiment one = experiment.seeded(seed);
        try {
          ExperimentData data = ExperimentData.open(one, today);
          Scorecard card = Harden.run(one, data, options(seed), read).card();
          cards.add(card);
          if (!card.incomplete().isEmpty()) {
            String cut = String.join(", ", card.incomplete().keySet());
            options
                .progress()
                .note("seed " + seed + ": not in the table, since it was cut: " + cut);
          }
          runs.add(SeedRuns.Run.of(seed, PREFIX + seed, card));
        } catch (HoldfastException e) {
          if (!Fault.ofTraining(e)) {
            throw e;
          }
          failed.add("seed " + seed + ": " + e.getMessage());
        }
      }
      if (runs.isEmpty()) {
        throw new HoldfastException(String.join("\n", failed));
      }
      SeedRuns all = SeedRuns.of(experiment.name(), runs);
      AtomicFiles.write(options.out().resolve(SeedRuns.FILE), all.toJson());
      report(all);
      if (!failed.isEmpty()) {
        failed.add(SeedRuns.FILE + " and report.html tell of the others");
        throw new HoldfastException(String.join("\n", failed));
      }
      return new Result(all, cards);
    }
  }

  private void report(SeedRuns all) {
    Report.Builder report =
        Report.builder().title(experiment.name() + " over seeds").command(options.command());
    report.table(table(all));
    all.runs()
        .forEach(run -> new RunFolder(folder(run.seed())).addTo(report, "seed " + run.seed()));
    report.build().write(new RunFolder(options.out()).report());
  }

  private static TableSection table(SeedRuns all) {
    List<String> header =
        new ArrayList<>(List.of("Accuracy", "Mean", "Standard deviation", "95% interval"));
    all.runs().forEach(run -> header.add("Seed " + run.seed()));
    List<List<String>> rows = new ArrayList<>();
    all.figures()
        .forEach(
            (name, spread) -> {
              List<String> row = new ArrayList<>(cells(name, spread));
              all.runs().forEach(run -> row.add(Format.percent(run.figure(name))));
              rows.add(row);
            });
    return new TableSection(
        "seeds",
        "How the result varies over seeds",
        List.of(
            "Runs of one experiment that differ in their seed alone, judged on the same samples."
                + " The interval is that of the mean over seeds (Student's t); what other test"
                + " samples would give is not in it."),
        null,
        header,
        rows);
  }

  /** Name, mean, standard deviation and interval of a figure, in per cent. */
  public static List<String> cells(String name, Spread spread) {
    List<Double> ends = spread.ci95();
    return List.of(
        name,
        Format.percent(spread.mean()),
        spread.sd() == null ? "-" : Format.percent(spread.sd()),
        ends == null ? "-" : share(ends.get(0)) + " to " + share(ends.get(1)));
  }

  /** Of few seeds an interval reaches beyond what a share can be. */
  private static String share(double end) {
    return Format.percent(Math.max(0, Math.min(1, end)));
  }
}
