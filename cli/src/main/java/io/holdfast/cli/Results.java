package io.holdfast.cli;

import io.holdfast.common.Format;
import io.holdfast.common.Table;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import java.util.Map;
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
    StringBuilder text = new StringBuilder(table.toString());
    card.flags().forEach(flag -> text.append("note: ").append(flag).append('\n'));
    return text.toString();
  }

  private static void row(Table table, String name, Rate rate) {
    table.row(name, Format.percent(rate.value()), interval(rate), Format.count(rate.n()));
  }

  private static String interval(Rate rate) {
    return Format.percent(rate.interval().lo()) + " to " + Format.percent(rate.interval().hi());
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
              robust == null ? "-" : interval(robust));
        });
    return table.toString();
  }

  private static String percent(@Nullable Rate rate) {
    return rate == null ? "-" : Format.percent(rate.value());
  }
}
