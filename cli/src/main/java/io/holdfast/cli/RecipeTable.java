package io.holdfast.cli;

import io.holdfast.common.Format;
import io.holdfast.common.Table;
import io.holdfast.experiment.RecipeBook;
import io.holdfast.experiment.RecipeRow;
import io.holdfast.record.Rate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compared recipes of training for people. */
final class RecipeTable {
  private RecipeTable() {}

  /** What would be trained, in this order. */
  static List<Map<String, Object>> plan(RecipeBook book) {
    List<Map<String, Object>> plan = new ArrayList<>();
    for (RecipeBook.Recipe recipe : book.recipes()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("recipe", recipe.name());
      one.put("family", recipe.family());
      one.put("objective", recipe.experiment().training().objective().name());
      one.put("epochs", recipe.experiment().training().epochs());
      one.put("threat model", recipe.experiment().threat().name());
      plan.add(one);
    }
    return plan;
  }

  /** The same for people. */
  static String planText(RecipeBook book) {
    List<Map<String, Object>> plan = plan(book);
    Table table = new Table(plan.get(0).keySet().toArray(String[]::new));
    plan.forEach(one -> table.row(one.values().toArray()));
    return table.toString();
  }

  /** What came out, with a line for each comparison. */
  static String text(List<RecipeRow> rows) {
    List<String> threats = threats(rows);
    List<String> head = new ArrayList<>(List.of("recipe", "clean", "robust"));
    head.addAll(threats.size() > 1 ? threats : List.of());
    head.addAll(List.of("final", "time", "seconds", ""));
    Table table = new Table(head.toArray(String[]::new));
    for (RecipeRow row : rows) {
      List<String> cells =
          new ArrayList<>(List.of(row.recipe(), percent(row.clean()), percent(row.robust())));
      if (threats.size() > 1) {
        threats.forEach(threat -> cells.add(percent(row.threats().get(threat))));
      }
      cells.add(percent(row.last()));
      cells.add(ratio(row.time()));
      cells.add(Double.isNaN(row.seconds()) ? "-" : Format.seconds(row.seconds()));
      String failed = row.failed();
      cells.add(failed == null ? "" : failed);
      table.row(cells.toArray());
    }
    StringBuilder text = new StringBuilder(table.toString());
    for (RecipeRow row : rows) {
      row.ahead()
          .forEach(
              (other, by) ->
                  text.append(row.recipe() + " less " + other + ": " + by.inPoints() + "\n"));
    }
    return text.toString();
  }

  /** The table of a page, in Markdown. */
  static String page(RecipeBook book, List<RecipeRow> rows) {
    StringBuilder text = new StringBuilder();
    text.append("| objective | family | clean | robust | AutoAttack | time |\n");
    text.append("| --- | --- | --- | --- | --- | --- |\n");
    for (RecipeRow row : rows) {
      text.append("| `").append(row.recipe()).append("` | ").append(row.family());
      String failed = row.failed();
      if (failed != null) {
        text.append(" | - | - | - | ").append(failed.replace("|", "\\|")).append(" |\n");
      } else {
        text.append(" | ").append(percent(row.clean())).append(" | ").append(percent(row.robust()));
        text.append(" | ").append(percent(row.last())).append(" | ");
        text.append(ratio(row.time())).append(" |\n");
      }
    }
    RecipeBook.Judge judge = book.judge();
    text.append("\nClean and robust: ").append(Format.count(judge.examples()));
    text.append(" test images; AutoAttack: ").append(Format.count(book.last().examples()));
    text.append(", of the best ").append(book.best()).append(". Settings of the file: SHA-256 `");
    return text.append(book.hash()).append("`.\n").toString();
  }

  private static List<String> threats(Collection<RecipeRow> rows) {
    return rows.stream().flatMap(row -> row.threats().keySet().stream()).distinct().toList();
  }

  private static String percent(@Nullable Rate rate) {
    return rate == null ? "-" : Format.percent(rate.value());
  }

  private static String ratio(double time) {
    return Double.isNaN(time) ? "-" : String.format(Locale.ROOT, "%.2f", time);
  }
}
