package io.holdfast.cli;

import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Table;
import io.holdfast.evaluate.Estimate;
import io.holdfast.experiment.SeedRun;
import io.holdfast.record.CorruptionScores;
import io.holdfast.record.Interval;
import io.holdfast.record.MeanAccuracy;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.record.SeedRuns;
import io.holdfast.record.StageScore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Scorecards as tables for a console. */
final class Results {
  private Results() {}

  /** One model: clean accuracy, each attack, and the worst case. */
  static String table(Scorecard card) {
    Table table = new Table("accuracy", "value", "95% interval", "images");
    row(table, "clean", card.cleanAccuracy());
    card.attacks().forEach((key, score) -> row(table, key, score.robustAccuracy()));
    Rate robust = card.robustAccuracy();
    if (robust != null && card.attacks().size() > 1) {
      row(table, "every attack together", robust);
    }
    CorruptionScores corruptions = card.corruptions();
    if (corruptions != null) {
      row(table, "clean, of those corrupted", corruptions.clean());
      MeanAccuracy mean = corruptions.accuracy();
      row(table, "mean over corruptions", mean.value(), mean.interval(), mean.n());
      MeanAccuracy worst =
          Objects.requireNonNull(corruptions.types().get(corruptions.worst())).accuracy();
      row(table, "worst: " + corruptions.worst(), worst.value(), worst.interval(), worst.n());
    }
    StringBuilder text = new StringBuilder(table.toString());
    card.attacks().forEach((key, score) -> tally(text, key, score.stages()));
    card.flags().forEach(flag -> text.append("note: ").append(flag).append('\n'));
    return text.toString();
  }

  /** What a dry run measured: time by phase, and memory. */
  static String estimate(Estimate estimate, boolean json) {
    if (json) {
      return Json.pretty(estimate);
    }
    Table table = new Table("phase", "at most about");
    estimate.phases().forEach((phase, seconds) -> table.row(phase, Format.seconds(seconds)));
    table.row("in all", Format.seconds(estimate.seconds()));
    String memory =
        estimate.bytes() < 0 ? "not known here" : "about " + Format.bytes(estimate.bytes());
    return table + "memory: " + memory + "\n";
  }

  /** Who fell to which part of an attack that consists of several. */
  private static void tally(StringBuilder text, String key, Map<String, StageScore> stages) {
    if (!stages.isEmpty()) {
      List<String> parts = new ArrayList<>();
      stages.forEach(
          (stage, score) ->
              parts.add(
                  stage
                      + " felled "
                      + Format.count(score.fell())
                      + " of "
                      + Format.count(score.attacked())));
      text.append(key).append(": ").append(String.join(", ", parts)).append('\n');
    }
  }

  private static void row(Table table, String name, Rate rate) {
    row(table, name, rate.value(), rate.interval(), rate.n());
  }

  private static void row(Table table, String name, double value, Interval interval, long n) {
    table.row(name, Format.percent(value), text(interval), Format.count(n));
  }

  private static String text(Interval interval) {
    return Format.percent(interval.lo()) + " to " + Format.percent(interval.hi());
  }

  /** How figures vary over seeds. */
  static String table(SeedRuns runs) {
    Table table = new Table("accuracy", "mean", "sd", "95% interval", "seeds");
    runs.figures()
        .forEach(
            (name, spread) -> {
              List<String> cells = new ArrayList<>(SeedRun.cells(name, spread));
              cells.add(Integer.toString(spread.n()));
              table.row(cells.toArray());
            });
    return table.toString();
  }

  /** Several models side by side. */
  static String table(Map<String, Scorecard> models) {
    Table table = new Table("model", "clean accuracy", "robust accuracy", "95% interval");
    models.forEach(
        (name, card) -> {
          Rate robust = card.robustAccuracy();
          table.row(
              name,
              Format.percent(card.cleanAccuracy().value()),
              percent(robust),
              robust == null ? "-" : text(robust.interval()));
        });
    return table.toString();
  }

  private static String percent(@Nullable Rate rate) {
    return rate == null ? "-" : Format.percent(rate.value());
  }
}
