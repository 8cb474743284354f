package io.holdfast.cli;

import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Table;
import io.holdfast.experiment.ComparedRun;
import io.holdfast.record.CalibrationDifference;
import io.holdfast.record.Comparison;
import io.holdfast.record.Difference;
import io.holdfast.record.SeedRuns;
import io.holdfast.record.Spread;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What changed from one run or bundle to another. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = "Differences from run or bundle A to B, with 95%% intervals.")
final class CompareCommand extends BaseCommand {
  @Parameters(
      index = "0",
      paramLabel = "A",
      description = "A run's folder, a bundle, or runs of several seeds.")
  private Path first = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Another one.")
  private Path second = Path.of("");

  @Option(names = "--json", description = "Prints the differences as JSON alone.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter screen = screen();
    if (areSeeds(first) && areSeeds(second)) {
      return seeds(screen);
    }
    Problems problems = new Problems("");
    List<ComparedRun> runs = new ArrayList<>();
    for (Path path : List.of(first, second)) {
      problems.collect(() -> runs.add(ComparedRun.open(path)));
    }
    problems.throwIfAny();
    ComparedRun a = runs.get(0);
    ComparedRun b = runs.get(1);
    Comparison comparison = a.with(b);
    Set<String> differ = a.card().threatDifferences(b.card());
    if (!differ.isEmpty()) {
      notes()
          .println(
              "threat models differ in %s: %s, %s"
                  .formatted(String.join(", ", differ), a.card().threat(), b.card().threat()));
    }
    if (json) {
      screen.print(comparison.toJson());
      return Exit.DONE;
    }
    Table table = new Table("measure", "A", "B", "difference", "95% interval", "");
    row(table, "clean accuracy", comparison.cleanAccuracy());
    comparison.attacks().forEach((attack, d) -> row(table, "under " + attack, d));
    Difference robust = comparison.robustAccuracy();
    if (robust != null) {
      row(table, "robust, worst case", robust);
    }
    comparison.calibration().forEach((what, d) -> row(table, "calibration error, " + what, d));
    screen.print(table);
    boolean paired = comparison.cleanAccuracy().paired();
    screen.println(paired ? "the same samples, compared one by one" : a.unlike(b));
    comparison
        .incomplete()
        .forEach(
            key ->
                screen.println(
                    "not compared, since time was up before every sample was judged: " + key));
    comparison.onlyFirst().forEach(key -> screen.println("only in A: " + key));
    comparison.onlySecond().forEach(key -> screen.println("only in B: " + key));
    return Exit.DONE;
  }

  private static boolean areSeeds(Path folder) {
    return Files.exists(folder.resolve(SeedRuns.FILE));
  }

  /** Seed by seed. */
  private int seeds(PrintWriter screen) {
    SeedRuns a = SeedRuns.read(first);
    SeedRuns b = SeedRuns.read(second);
    Map<String, Spread> differences = a.differences(b);
    if (json) {
      screen.print(Json.pretty(differences));
      return Exit.DONE;
    }
    Table table = new Table("measure", "A", "B", "difference", "95% interval", "");
    differences.forEach(
        (name, d) -> {
          List<Double> ends = d.ci95();
          table.row(
              name,
              Format.percent(Objects.requireNonNull(a.figures().get(name)).mean()),
              Format.percent(Objects.requireNonNull(b.figures().get(name)).mean()),
              points(d.mean()),
              ends == null ? "-" : points(ends.get(0)) + " to " + points(ends.get(1)),
              ends == null ? "" : d.clear() ? "clear" : "within chance");
        });
    screen.print(table);
    int common = differences.values().stream().mapToInt(Spread::n).findFirst().orElse(0);
    screen.println("seed by seed, over " + common + " that both have; means are over all of each");
    return Exit.DONE;
  }

  private static void row(Table table, String name, Difference d) {
    table.row(
        name,
        Format.percent(d.first().value()),
        Format.percent(d.second().value()),
        points(d.value()),
        points(d.ci95().get(0)) + " to " + points(d.ci95().get(1)),
        d.clear() ? "clear" : "within chance");
  }

  private static void row(Table table, String name, CalibrationDifference d) {
    List<Double> ends = d.ci95();
    table.row(
        name,
        Format.percent(d.first()),
        Format.percent(d.second()),
        points(d.value()),
        ends == null ? "-" : points(ends.get(0)) + " to " + points(ends.get(1)),
        ends == null ? "" : d.clear() ? "clear" : "within chance");
  }

  private static String points(double difference) {
    return String.format(Locale.ROOT, "%+.1f", 100 * difference);
  }
}
