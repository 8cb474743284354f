package io.holdfast.report;

import static io.holdfast.report.Html.el;

import io.holdfast.record.Calibration;
import io.holdfast.report.Html.Element;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The numbers of charts that no table beside them shows, for those who cannot see the charts. */
final class ChartTables {
  private static final String NONE = "–";

  private ChartTables() {}

  /** Loss and validation accuracy by epoch. */
  static Element learning(Model model) {
    LearningCurves curves = model.training();
    Map<Double, String[]> byEpoch = new TreeMap<>(); // loss, clean, robust, weakest
    curves.loss().forEach(p -> cells(byEpoch, p)[0] = Numbers.significant(p.value(), 4));
    curves.clean().forEach(p -> cells(byEpoch, p)[1] = Numbers.percent(p.value()));
    curves.robust().forEach(p -> cells(byEpoch, p)[2] = Numbers.percent(p.value()));
    curves.weakest().forEach(w -> cells(byEpoch, w.epoch())[3] = weakest(w));
    List<Element> rows = new ArrayList<>();
    byEpoch.forEach((epoch, cells) -> rows.add(row(Numbers.significant(epoch, 4), List.of(cells))));
    return numbers(
        "Training loss and validation accuracy by epoch",
        List.of("Epoch", "Loss", "No attack", "Under attack", "Weakest class"),
        rows);
  }

  private static String weakest(LearningCurves.Weakest w) {
    return Numbers.percent(w.value()) + " of " + Numbers.count((double) w.samples());
  }

  private static String[] cells(Map<Double, String[]> byEpoch, LearningCurves.Point point) {
    return cells(byEpoch, point.epoch());
  }

  private static String[] cells(Map<Double, String[]> byEpoch, double at) {
    return byEpoch.computeIfAbsent(at, epoch -> new String[] {NONE, NONE, NONE, NONE});
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
    List<Element> heads = new ArrayList<>(List.of(Parts.columnHead(head.get(0))));
    head.stream().skip(1).forEach(name -> heads.add(Parts.numberHead(name)));
    return Parts.details("The numbers", Parts.table(caption, heads, rows));
  }
}
