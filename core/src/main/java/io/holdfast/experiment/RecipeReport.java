package io.holdfast.experiment;

import io.holdfast.common.Format;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.report.Report;
import io.holdfast.report.Scatter;
import io.holdfast.report.TableSection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compared recipes as a page: table and picture of all, then what the judges saw of the best. */
final class RecipeReport {
  private static final String NONE = "–";

  private RecipeReport() {}

  /**
   * The page; none where no recipe has a model.
   *
   * @param cards of those that have one, by their names
   */
  static Optional<Report> of(RecipeBook book, List<RecipeRow> rows, Map<String, Scorecard> cards) {
    Optional<RecipeRow> best =
        rows.stream()
            .filter(row -> cards.containsKey(row.recipe()))
            .max(Comparator.comparingDouble(row -> value(row.robust())));
    return best.map(
        row ->
            Report.builder()
                .title(book.name() + ", recipes compared")
                .table(table(book, rows, row))
                .model(row.recipe(), Objects.requireNonNull(cards.get(row.recipe())))
                .build());
  }

  private static TableSection table(RecipeBook book, List<RecipeRow> rows, RecipeRow best) {
    List<String> threats =
        rows.stream().flatMap(row -> row.threats().keySet().stream()).distinct().toList();
    List<String> head = new ArrayList<>(List.of("recipe", "family", "clean", "robust"));
    if (threats.size() > 1) {
      head.addAll(threats);
    }
    head.addAll(List.of("judged again", "time", "seconds"));
    boolean noted = rows.stream().anyMatch(r -> r.failed() != null || !r.ahead().isEmpty());
    if (noted) {
      head.add("ahead of");
    }
    return new TableSection(
        "recipes",
        "Recipes",
        List.of(
            "Robust is the share of "
                + Format.count(book.judge().examples())
                + " test images that stand within every threat model, under "
                + book.judge().attacks().stream()
                    .map(NamedAttack::key)
                    .collect(Collectors.joining(", "))
                + "; time is that of the steps of training, over the one of "
                + book.clock()
                + ". "
                + below(best, threats)),
        plot(rows),
        head,
        rows.stream()
            .map(row -> row(row, threats.size() > 1 ? threats : List.of(), noted))
            .toList());
  }

  /** What the headline and all below the table are of. */
  private static String below(RecipeRow best, List<String> threats) {
    return threats.size() > 1
        ? ("The most robust one, %s, stands at %s within all of them; the headline, and what is"
                + " below the table, are of it within the first one alone, %s.")
            .formatted(best.recipe(), percent(best.robust()), threats.get(0))
        : "Below the table is what the judges saw of the most robust one.";
  }

  private static List<String> row(RecipeRow row, List<String> threats, boolean noted) {
    List<String> cells =
        new ArrayList<>(
            List.of(row.recipe(), row.family(), percent(row.clean()), percent(row.robust())));
    threats.forEach(threat -> cells.add(percent(row.threats().get(threat))));
    cells.add(percent(row.last()));
    cells.add(Double.isNaN(row.time()) ? NONE : String.format(Locale.ROOT, "%.2f", row.time()));
    cells.add(Double.isNaN(row.seconds()) ? NONE : Format.seconds(row.seconds()));
    if (noted) {
      String failed = row.failed();
      cells.add(failed == null ? ahead(row) : failed);
    }
    return cells;
  }

  private static String ahead(RecipeRow row) {
    return row.ahead().entrySet().stream()
        .map(entry -> entry.getKey() + " by " + entry.getValue().inPoints())
        .collect(Collectors.joining("; "));
  }

  private static Scatter plot(List<RecipeRow> rows) {
    return new Scatter(
        "clean accuracy",
        "robust accuracy",
        "Recipes by clean and robust accuracy; filled are those that no other is better than in"
            + " both.",
        rows.stream()
            .filter(row -> row.robust() != null)
            .map(
                row ->
                    new Scatter.Dot(
                        row.recipe(),
                        value(row.clean()),
                        value(row.robust()),
                        rows.stream().noneMatch(other -> dominates(other, row))))
            .toList());
  }

  private static boolean dominates(RecipeRow one, RecipeRow other) {
    double clean = value(one.clean()) - value(other.clean());
    double robust = value(one.robust()) - value(other.robust());
    return clean >= 0 && robust >= 0 && clean + robust > 0;
  }

  private static String percent(@Nullable Rate rate) {
    return rate == null ? NONE : Format.percent(rate.value());
  }

  /** Below all where there is none. */
  private static double value(@Nullable Rate rate) {
    return rate == null ? -1 : rate.value();
  }
}
