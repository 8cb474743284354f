package io.holdfast.report;

import io.holdfast.common.Json;
import io.holdfast.record.ClassScore;
import io.holdfast.record.CorruptionScores;
import io.holdfast.record.Rate;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The numbers that the charts draw, as JSON that is safe inside a script element. */
final class Payload {

  /** More classes than this are not legible in one chart: the weakest are drawn. */
  static final int MOST_CLASSES = 40;

  /** The label of the row in which an image is correct only if it is so under every attack. */
  static final String ALL_ATTACKS = "All attacks";

  private Payload() {}

  static String of(View view) {
    Map<String, @Nullable Object> data = new LinkedHashMap<>();
    data.put("norm", view.threat().norm());
    data.put("epsilon", view.threat().epsilon());
    data.put("rows", rows(view));
    List<Object> models = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      models.add(model(view, i));
    }
    data.put("models", models);
    return guard(Json.compact(data));
  }

  /** No {@code </script>} and no {@code <!--} can stand in the result. */
  static String guard(String json) {
    return json.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static Map<String, @Nullable Object> model(View view, int i) {
    Model model = view.models().get(i);
    Map<String, @Nullable Object> data = new LinkedHashMap<>();
    data.put("name", model.name());
    data.put("css", view.hue(i));
    data.put("classNames", model.classNames());
    data.put("curve", view.curves().contains(model) ? curve(model) : List.of());
    data.put("classes", drawnClasses(model).stream().map(Payload::classRates).toList());
    data.put("confusion", model.card().confusion().attacked());
    data.put("corruptions", corruptions(model.card().corruptions()));
    data.put("clean", Model.bins(model.card().calibration().clean()));
    data.put("attacked", Model.bins(model.card().calibration().attacked()));
    data.put("loss", pairs(model.training().loss()));
    data.put("cleanByEpoch", pairs(model.training().clean()));
    data.put("robustByEpoch", pairs(model.training().robust()));
    data.put("weakestByEpoch", weakest(model.training().weakest()));
    LearningCurves.Course course = model.training().course();
    data.put("ownByEpoch", pairs(course.own()));
    data.put("probes", pairs(course.probes()));
    data.put("epsilonByEpoch", pairs(course.epsilon()));
    data.put("weakness", course.weakness());
    return data;
  }

  /** The classes of the per-class chart, weakest first. */
  static List<ClassScore> drawnClasses(Model model) {
    return model.weakestClasses().stream().limit(MOST_CLASSES).toList();
  }

  private record ClassRates(String name, Rate clean, Rate robust) {}

  private static ClassRates classRates(ClassScore score) {
    return new ClassRates(score.name(), score.cleanAccuracy(), Model.robust(score));
  }

  private record Cell(int severity, Rate rate) {}

  private record TypeRow(String name, boolean common, List<Cell> cells) {}

  private record Level(int severity, double value, List<Double> ci95, Rate worst) {}

  private record Corruptions(Rate clean, List<TypeRow> types, List<Level> levels) {}

  private static @Nullable Corruptions corruptions(@Nullable CorruptionScores scores) {
    if (scores == null) {
      return null;
    }
    List<TypeRow> types = new ArrayList<>();
    scores
        .types()
        .forEach(
            (key, score) -> {
              List<Cell> cells = new ArrayList<>();
              score.bySeverity().forEach((s, rate) -> cells.add(new Cell(s, rate)));
              types.add(new TypeRow(Words.corruption(key), score.common(), cells));
            });
    List<Level> levels = new ArrayList<>();
    scores
        .bySeverity()
        .forEach(
            (s, mean) ->
                levels.add(
                    new Level(
                        s,
                        mean.value(),
                        mean.ci95(),
                        Objects.requireNonNull(scores.everyType().get(s)))));
    return new Corruptions(scores.clean(), types, levels);
  }

  private record CurveRate(double epsilon, Rate rate) {}

  private static List<CurveRate> curve(Model model) {
    List<CurveRate> points = new ArrayList<>();
    model.curve().forEach((epsilon, rate) -> points.add(new CurveRate(epsilon, rate)));
    return points;
  }

  private static List<List<Double>> weakest(List<LearningCurves.Weakest> points) {
    return points.stream().map(w -> List.of(w.epoch(), w.value(), (double) w.samples())).toList();
  }

  private static List<List<Double>> pairs(List<LearningCurves.Point> points) {
    return points.stream()
        .filter(p -> Double.isFinite(p.value()))
        .map(p -> List.of(p.epoch(), p.value()))
        .toList();
  }

  /**
   * One row of the chart of outcomes: clean, each attack of any model, and all attacks together.
   */
  record Row(String label, boolean clean, List<@Nullable Rate> rates) {}

  static List<Row> rows(View view) {
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("No attack", true, each(view, model -> model.card().cleanAccuracy())));
    List<String> keys = view.attackKeys();
    for (String key : keys) {
      rows.add(new Row(Words.attack(key), false, each(view, model -> model.robust(key))));
    }
    if (keys.size() > 1) {
      rows.add(new Row(ALL_ATTACKS, false, each(view, model -> model.card().robustAccuracy())));
    }
    return rows;
  }

  private interface RateOf {
    @Nullable Rate of(Model model);
  }

  private static List<@Nullable Rate> each(View view, RateOf rateOf) {
    List<@Nullable Rate> rates = new ArrayList<>();
    for (Model model : view.models()) {
      rates.add(rateOf.of(model));
    }
    return rates;
  }
}
