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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a page shows: scorecards, read for the page's purposes.
 *
 * @param models in the order of comparison; the last is the one that the report is about
 * @param command the command that makes this report again, if known
 */
record View(
    String title, List<Model> models, @Nullable String command, @Nullable Comparison comparison) {

  View {
    models = distinct(models);
    if (models.isEmpty()) {
      throw new IllegalArgumentException("a report needs at least one model");
    }
  }

  /** Models of one name are told apart by their numbers. */
  private static List<Model> distinct(List<Model> models) {
    List<Model> all = new ArrayList<>();
    for (Model model : models) {
      int number = all.size() + 1;
      boolean twice = models.stream().filter(m -> m.name().equals(model.name())).count() > 1;
      all.add(twice ? model.called(model.name() + " (" + number + ")") : model);
    }
    return List.copyOf(all);
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
    return subject().threat();
  }

  /** Whether all models were judged within one threat model; else their figures say no more. */
  boolean sameThreat() {
    return threatDifferences().isEmpty();
  }

  /** Settings of the threat model in which one of the models differs from the last. */
  Set<String> threatDifferences() {
    return models.stream()
        .flatMap(model -> model.card().threatDifferences(subject().card()).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Models whose curves can be drawn over one axis: those within the last one's threat model. */
  List<Model> curves() {
    return models.stream()
        .filter(model -> !model.curve().isEmpty())
        .filter(model -> model.card().threatDifferences(subject().card()).isEmpty())
        .toList();
  }

  /** Whether there are models to take a difference of. */
  boolean hasDifferences() {
    return compares() && sameThreat();
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
   * @param journal what a governor decided while it was trained and judged; empty without one
   */
  record Model(
      String name,
      Scorecard card,
      LearningCurves training,
      List<Example> examples,
      List<Decision> journal) {

    private static final Comparator<ClassScore> WEAKEST_FIRST =
        Comparator.comparingDouble((ClassScore c) -> robust(c).value())
            .thenComparingDouble(c -> c.cleanAccuracy().value());

    Model {
      examples = List.copyOf(examples);
      journal = List.copyOf(journal);
    }

    /** Without a governor. */
    Model(String name, Scorecard card, LearningCurves training, List<Example> examples) {
      this(name, card, training, examples, List.of());
    }

    /** The same under another name. */
    Model called(String other) {
      return new Model(other, card, training, examples, journal);
    }

    /** What its attacker may do. */
    ThreatWords threat() {
      return new ThreatWords(card.threatModel(), card.threat());
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
      int classes = names.keySet().stream().mapToInt(label -> label + 1).max().orElse(0);
      classes = Math.max(classes, card.confusion().clean().size());
      for (int label = 0; label < classes; label++) {
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
