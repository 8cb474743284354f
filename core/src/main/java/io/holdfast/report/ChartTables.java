package io.holdfast.report;

import static io.holdfast.report.Html.el;

import io.holdfast.record.Calibration;
import io.holdfast.report.Html.Element;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The numbers of charts that no table beside them shows, for those who cannot see the charts. */
final class ChartTables {
  private static final String NONE = "–";

  private ChartTables() {}

  /** Accuracies, loss and what else changed, by epoch. */
  static Element learning(Model model) {
    LearningCurves curves = model.training();
    LearningCurves.Course course = curves.course();
    Map<Double, String[]> byEpoch = new TreeMap<>(); // clean, robust, weakest, own, probes
    curves.clean().forEach(p -> cells(byEpoch, 5, p.epoch())[0] = Numbers.percent(p.value()));
    curves.robust().forEach(p -> cells(byEpoch, 5, p.epoch())[1] = Numbers.percent(p.value()));
    curves.weakest().forEach(w -> cells(byEpoch, 5, w.epoch())[2] = weakest(w));
    course.own().forEach(p -> cells(byEpoch, 5, p.epoch())[3] = Numbers.percent(p.value()));
    course.probes().forEach(p -> cells(byEpoch, 5, p.epoch())[4] = Numbers.percent(p.value()));
    Map<Double, String[]> bySteps = new TreeMap<>(); // loss, epsilon
    curves.loss().forEach(p -> cells(bySteps, 2, p.epoch())[0] = Numbers.significant(p.value(), 4));
    course
        .epsilon()
        .forEach(p -> cells(bySteps, 2, p.epoch())[1] = Numbers.significant(p.value(), 4));
    List<Element> tables = new ArrayList<>();
    if (!byEpoch.isEmpty()) {
      tables.add(
          table(
              "Accuracy by epoch: of held-out images, and of training's own adversarial examples",
              List.of(
                  "Epoch",
                  "No attack",
                  "Under attack",
                  "Weakest class",
                  "Training's own",
                  "Probes"),
              rows(byEpoch)));
    }
    if (!bySteps.isEmpty()) {
      tables.add(
          table(
              "Training loss, and the radius of its adversarial examples where that changes",
              List.of("Epoch", "Loss", "Epsilon"),
              rows(bySteps)));
    }
    if (!course.weakness().isEmpty()) {
      tables.add(weakness(model));
    }
    return Parts.details("The numbers", tables.toArray(Html[]::new));
  }

  private static Element weakness(Model model) {
    List<LearningCurves.Weakness> all = model.training().course().weakness();
    List<String> head = new ArrayList<>(List.of("Class, then epochs"));
    all.forEach(w -> head.add(Numbers.significant(w.epoch(), 4)));
    List<Element> rows = new ArrayList<>();
    for (int label = 0; label < model.classNames().size(); label++) {
      List<String> cells = new ArrayList<>();
      for (LearningCurves.Weakness w : all) {
        Double value = w.classes().get(label);
        cells.add(value == null ? NONE : Numbers.percent(value));
      }
      rows.add(row(model.classNames().get(label), cells));
    }
    return table("By how much each class was found weaker than the best one", head, rows);
  }

  private static List<Element> rows(Map<Double, String[]> byEpoch) {
    List<Element> rows = new ArrayList<>();
    byEpoch.forEach((epoch, cells) -> rows.add(row(Numbers.significant(epoch, 4), List.of(cells))));
    return rows;
  }

  private static String weakest(LearningCurves.Weakest w) {
    return Numbers.percent(w.value()) + " of " + Numbers.count((double) w.samples());
  }

  private static String[] cells(Map<Double, String[]> byEpoch, int columns, double at) {
    return byEpoch.computeIfAbsent(
        at, epoch -> Collections.nCopies(columns, NONE).toArray(String[]::new));
  }

  /** Confidence and accuracy by bin. */
  static Element reliability(Model model) {
    List<Element> rows = new ArrayList<>();
    addBins("No attack", Model.bins(model.card().calibration().clean()), rows);
    addBins("Under attack", Model.bins(model.card().calibration().attacked()), rows);
    return numbers(
        "Accuracy by confidence",
        List.of("Confidence", "Images", "Mean confidence", "Correct"),
        rows);
  }

  private static void addBins(String what, List<Calibration.Bin> bins, List<Element> rows) {
    for (Calibration.Bin bin : bins) {
      rows.add(
          row(
              "%s, %s – %s".formatted(what, Numbers.percent(bin.lo()), Numbers.percent(bin.hi())),
              List.of(
                  Numbers.count((double) bin.n()),
                  Numbers.percent(bin.confidence()),
                  Numbers.percent(bin.accuracy()))));
    }
  }

  /** Counts by true class and answer, under attack. */
  static Element confusion(Model model) {
    List<List<Long>> counts = Objects.requireNonNull(model.card().confusion().attacked());
    List<String> names = model.classNames();
    List<String> head = new ArrayList<>(List.of("True class, then answers"));
    head.addAll(names);
    List<Element> rows = new ArrayList<>();
    for (int label = 0; label < counts.size(); label++) {
      List<String> cells = counts.get(label).stream().map(String::valueOf).toList();
      rows.add(row(names.get(label), cells));
    }
    return numbers("Images by true class and answer under attack", head, rows);
  }

  private static Element row(String name, List<String> cells) {
    List<Element> all = new ArrayList<>(List.of(Parts.rowHead(name)));
    cells.forEach(cell -> all.add(Parts.number(cell)));
    return el("tr", all);
  }

  private static Element numbers(String caption, List<String> head, List<Element> rows) {
    return Parts.details("The numbers", table(caption, head, rows));
  }

  private static Element table(String caption, List<String> head, List<Element> rows) {
    List<Element> heads = new ArrayList<>(List.of(Parts.columnHead(head.get(0))));
    head.stream().skip(1).forEach(name -> heads.add(Parts.numberHead(name)));
    return Parts.table(caption, heads, rows);
  }
}
