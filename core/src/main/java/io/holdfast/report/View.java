package io.holdfast.report;

import io.holdfast.common.governor.Decision;
import io.holdfast.record.AttackScore;
import io.holdfast.record.Calibration;
import io.holdfast.record.ClassScore;
import io.holdfast.record.Comparison;
import io.holdfast.record.CurvePoint;
import io.holdfast.record.Example;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a page shows: scorecards, read for the page's purposes.
 *
 * @param models in the order of comparison; the last is the one that the report is about
 * @param command the command that makes this report again, if known
 * @param journals what governors decided, by the model's name
 */
record View(
    String title,
    List<Model> models,
    @Nullable String command,
    @Nullable Comparison comparison,
    Map<String, List<Decision>> journals) {

  View {
    models = List.copyOf(models);
    journals = Map.copyOf(journals);
    if (models.isEmpty()) {
      throw new IllegalArgumentException("a report needs at least one model");
    }
  }

  /** Without a governor. */
  View(
      String title, List<Model> models, @Nullable String command, @Nullable Comparison comparison) {
    this(title, models, command, comparison, Map.of());
  }

  /** The model that the report is about. */
  Model subject() {
    return models.get(models.size() - 1);
  }

  boolean compares() {
    return models.size() > 1;
  }

  /** From the first model to the last; by their scorecards alone where no comparison was given. */
  Comparison differences() {
    return comparison == null ? Comparison.of(models.get(0).card(), subject().card()) : comparison;
  }

  /**
   * The CSS class that gives a model its hue. A lone model is blue; of several the first, the one
   * to improve on, is orange.
   */
  String hue(int model) {
    return "m" + (models.size() == 1 ? 1 : model % 4);
  }

  ThreatWords threat() {
    return new ThreatWords(subject().card().threatModel(), subject().card().threat());
  }

  /** The attacks of all models, in the order of their first appearance. */
  List<String> attackKeys() {
    return models.stream()
        .flatMap(model -> model.card().attacks().keySet().stream())
        .distinct()
        .toList();
  }

  /**
   * One model and what was seen of it.
   *
   * @param name as it is called in the page
   * @param training empty if it was not trained here
   * @param examples empty if none were kept
   */
  record Model(String name, Scorecard card, LearningCurves training, List<Example> examples) {

    private static final Comparator<ClassScore> WEAKEST_FIRST =
        Comparator.comparingDouble((ClassScore c) -> robust(c).value())
            .thenComparingDouble(c -> c.cleanAccuracy().value());

    Model {
      examples = List.copyOf(examples);
    }

    /** Robust accuracy under that attack, if it was run. */
    @Nullable Rate robust(String attack) {
      AttackScore score = card.attacks().get(attack);
      return score == null ? null : score.robustAccuracy();
    }

    /** The key of the attack that leaves the fewest images correct, if any was run. */
    Optional<String> strongest() {
      return card.attacks().entrySet().stream()
          .min(Comparator.comparingDouble(entry -> entry.getValue().robustAccuracy().value()))
          .map(Map.Entry::getKey);
    }

    /** The classes that were attacked, weakest first. */
    List<ClassScore> weakestClasses() {
      return card.classes().stream()
          .filter(score -> score.robustAccuracy() != null)
          .sorted(WEAKEST_FIRST)
          .toList();
    }

    static Rate robust(ClassScore score) {
      return Objects.requireNonNull(score.robustAccuracy());
    }

    /** The name of each class that has samples, and the number of each that has none. */
    List<String> classNames() {
      Map<Integer, String> names =
          card.classes().stream().collect(Collectors.toMap(ClassScore::label, ClassScore::name));
      List<String> all = new ArrayList<>();
      for (int label = 0; label < card.confusion().clean().size(); label++) {
        all.add(names.getOrDefault(label, Integer.toString(label)));
      }
      return all;
    }

    String className(int label) {
      List<String> names = classNames();
      if (label < 0) {
        return "no answer";
      }
      return label < names.size() ? names.get(label) : "class " + label;
    }

    /** The attack whose curve has the most points, if any has one. */
    Optional<String> curveAttack() {
      Map<String, Long> points =
          card.curve().stream()
              .collect(
                  Collectors.groupingBy(CurvePoint::attack, TreeMap::new, Collectors.counting()));
      return points.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }

    /**
     * Robust accuracy by epsilon under {@link #curveAttack}, every point over the same samples,
     * from their clean accuracy at 0; empty without a curve.
     */
    TreeMap<Double, Rate> curve() {
      TreeMap<Double, Rate> curve = new TreeMap<>();
      String attack = curveAttack().orElse(null);
      if (attack == null) {
        return curve;
      }
      for (CurvePoint point : card.curve()) {
        if (point.attack().equals(attack)) {
          curve.put(point.epsilon(), point.robustAccuracy());
        }
      }
      return curve;
    }

    /** Whether confidences were recorded, without an attack at least. */
    boolean isCalibrated() {
      return card.calibration().clean() != null;
    }

    static List<Calibration.Bin> bins(@Nullable Calibration calibration) {
      return calibration == null ? List.of() : calibration.bins();
    }

    static String ece(@Nullable Calibration calibration) {
      return calibration == null ? "not measured" : Numbers.percent(calibration.ece());
    }
  }
}
