package io.holdfast.cli;

import io.holdfast.common.Format;
import io.holdfast.common.Table;
import io.holdfast.experiment.RecipeBook;
import io.holdfast.experiment.RecipeRow;
import io.holdfast.record.Difference;
import io.holdfast.record.Rate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
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

  /**
   * The table of a page, in Markdown: with a column for each threat model where recipes are judged
   * within several, one for those who judge the best, and one for each recipe that all are compared
   * with.
   */
  static String page(RecipeBook book, List<RecipeRow> rows) {
    List<String> threats = threats(rows);
    List<String> within = threats.size() > 1 ? threats : List.of();
    List<String> head = new ArrayList<>(List.of("objective", "family", "clean"));
    head.addAll(within);
    head.add(within.isEmpty() ? "robust" : "all");
    head.addAll(book.best() > 0 ? List.of(last(book), "time") : List.of("time"));
    book.against().forEach(other -> head.add("less `" + other + "`"));
    StringBuilder text = new StringBuilder();
    line(text, head);
    line(text, Collections.nCopies(head.size(), "---"));
    for (RecipeRow row : rows) {
      List<String> cells = new ArrayList<>(List.of("`" + row.recipe() + "`", row.family()));
      cells.add(percent(row.clean()));
      within.forEach(threat -> cells.add(percent(row.threats().get(threat))));
      cells.add(percent(row.robust()));
      if (book.best() > 0) {
        cells.add(percent(row.last()));
      }
      String failed = row.failed();
      cells.add(failed == null ? ratio(row.time()) : failed.replace("|", "\\|"));
      book.against().forEach(other -> cells.add(ahead(row.ahead().get(other))));
      line(text, cells);
    }
    text.append("\nClean and robust: ").append(Format.count(book.judge().examples()));
    text.append(" test images");
    if (book.best() > 0) {
      text.append("; ")
          .append(last(book))
          .append(": ")
          .append(Format.count(book.last().examples()));
      text.append(", of the best ").append(book.best());
    }
    if (!book.against().isEmpty()) {
      text.append("; differences in points, with 95% intervals, paired image by image");
    }
    text.append(". Settings of the file: SHA-256 `");
    return text.append(book.hash()).append("`.\n").toString();
  }

  /** The attacks that judge the best. */
  private static String last(RecipeBook book) {
    return book.last().attacks().stream()
        .map(attack -> "`" + attack.key() + "`")
        .collect(Collectors.joining(" and "));
  }

  private static void line(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String ahead(@Nullable Difference by) {
    return by == null ? "-" : by.inPoints().replace("points ", "").replace("95%: ", "");
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
