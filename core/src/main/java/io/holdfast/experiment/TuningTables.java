package io.holdfast.experiment;

import io.holdfast.common.Format;
import io.holdfast.report.Report;
import io.holdfast.report.Scatter;
import io.holdfast.report.TableSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A search's trials as tables, those that no other is better than first. */
public final class TuningTables {
  private static final double MILLION = 1e6;
  private static final double GROWTH = 1e3;
  private static final List<String> UNITS = List.of("", "k", "M", "G", "T", "P", "E");

  private TuningTables() {}

  /** Names of the columns of {@link #rows}. */
  public static final List<String> HEADER =
      List.of(
          "trial",
          "epochs",
          "clean",
          "robust",
          "gradients",
          "passes",
          "cost",
          "time",
          "",
          "settings");

  /** The trials of the front, then the others, each by robust accuracy. */
  public static List<List<String>> rows(TuningResult result, Map<Integer, Double> seconds) {
    List<TrialOutcome> order = new ArrayList<>(result.trials());
    order.sort(TrialOutcome.STRONGEST);
    order.sort((a, b) -> Boolean.compare(isFront(result, b), isFront(result, a)));
    return order.stream().map(t -> row(result, t, seconds)).toList();
  }

  private static boolean isFront(TuningResult result, TrialOutcome trial) {
    return result.front().contains(trial.trial());
  }

  private static List<String> row(
      TuningResult result, TrialOutcome t, Map<Integer, Double> seconds) {
    String mark = t.diverged() ? "diverged" : isFront(result, t) ? "front" : "";
    return List.of(
        Integer.toString(t.trial()),
        Integer.toString(t.epochs()),
        Format.percent(t.cleanAccuracy()),
        Format.percent(t.robustAccuracy()),
        millions(t.attackGradients()),
        millions(t.backwardPasses()),
        multiplications(t.multiplications()),
        Format.seconds(seconds.getOrDefault(t.trial(), 0.0)),
        t.trial() == result.best() ? (mark + " best").strip() : mark,
        words(t));
  }

  /** Such as {@code train.batch=64}; of the first trial that it is the file itself. */
  static String words(TrialOutcome trial) {
    return trial.values().isEmpty()
        ? "as in the file"
        : trial.values().entrySet().stream()
            .map(e -> e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining(" "));
  }

  private static String millions(double passes) {
    return String.format(Locale.ROOT, "%.2fM", passes / MILLION);
  }

  /** In three digits or so, such as {@code 4.06T}. */
  static String multiplications(double number) {
    int unit = 0;
    double scaled = number;
    while (scaled >= GROWTH && unit < UNITS.size() - 1) {
      scaled /= GROWTH;
      unit++;
    }
    int decimals = unit == 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f%s", scaled, UNITS.get(unit));
  }

  /** Adds table and picture to a report. */
  static void add(Report.Builder report, TuningResult result, Map<Integer, Double> seconds) {
    List<Scatter.Dot> dots =
        result.trials().stream()
            .filter(t -> !t.diverged())
            .map(
                t ->
                    new Scatter.Dot(
                        "trial " + t.trial(),
                        t.cleanAccuracy(),
                        t.robustAccuracy(),
                        isFront(result, t)))
            .toList();
    Scatter plot =
        dots.isEmpty()
            ? null
            : new Scatter(
                "clean accuracy",
                "robust accuracy",
                "Trials by clean and robust accuracy on validation samples; filled are those that no"
                    + " other is better than in both and in cost.",
                dots);
    report.table(
        new TableSection(
            "search",
            "Trials of the search",
            List.of(
                "Accuracies are those of training's validation, on samples held out of the training"
                    + " data. Gradients of searches and backward passes in all, in millions of"
                    + " samples, are counted, not measured; the cost is the multiplications of the"
                    + " model's matrices and kernels in so many passes. Times decide nothing."),
            plot,
            HEADER.stream().map(name -> name.isEmpty() ? "standing" : name).toList(),
            rows(result, seconds)));
  }
}
