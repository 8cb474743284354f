package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;
import static io.holdfast.report.Html.text;

import io.holdfast.record.CorruptionScores;
import io.holdfast.record.MeanAccuracy;
import io.holdfast.report.Html.Element;
import io.holdfast.report.Page.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Accuracy under natural corruptions, as charts and a table. */
final class CorruptionSection {
  private final View view;

  CorruptionSection(View view) {
    this.view = view;
  }

  List<Section> sections() {
    boolean any = view.models().stream().anyMatch(model -> model.card().corruptions() != null);
    return any ? List.of(new Section("corruptions", "Natural corruptions", body())) : List.of();
  }

  private Html body() {
    List<Element> panels = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      CorruptionScores scores = view.models().get(i).card().corruptions();
      if (scores != null) {
        panels.add(el("div", Parts.modelHeading(view, i), panel(scores, i)));
      }
    }
    return all(
        Parts.lead(
            "Noise, blur, weather and digital damage that nobody chose against the model, at five"
                + " severities. Every image counts, also those that are wrong without."),
        Parts.figure(
            Parts.chart("severity"),
            "Mean over the types, from no corruption on; bands are 95% intervals over images. Dashed:"
                + " images that are right under every type."),
        el("div", panels).css(panels.size() == 2 ? "panels pair" : "panels"));
  }

  private Html panel(CorruptionScores scores, int model) {
    String caption =
        "Per cent correct. Mean over types and severities: %s (%s without corruption); hardest: %s, %s."
            .formatted(
                Numbers.percent(scores.accuracy().value()),
                Numbers.percent(scores.clean().value()),
                Words.corruption(scores.worst()),
                Numbers.percent(worst(scores).value()));
    return all(
        Parts.figure(
            Parts.chart("corruptions").with("data-model", Integer.toString(model)), caption),
        Parts.details("The numbers", table(scores)));
  }

  private static MeanAccuracy worst(CorruptionScores scores) {
    return Objects.requireNonNull(scores.types().get(scores.worst())).accuracy();
  }

  private static Element table(CorruptionScores scores) {
    TreeSet<Integer> severities = new TreeSet<>();
    scores.types().values().forEach(score -> severities.addAll(score.bySeverity().keySet()));
    List<Element> head = new ArrayList<>(List.of(Parts.columnHead("Corruption")));
    severities.forEach(severity -> head.add(Parts.numberHead("Severity " + severity)));
    head.add(Parts.numberHead("Mean"));
    List<Element> rows = new ArrayList<>();
    scores
        .types()
        .forEach(
            (key, score) -> {
              List<Element> cells = new ArrayList<>();
              cells.add(Parts.rowHead(Words.corruption(key) + (score.common() ? "" : " (extra)")));
              severities.forEach(s -> cells.add(Parts.rate(score.bySeverity().get(s))));
              cells.add(mean(score.accuracy()));
              rows.add(el("tr", cells));
            });
    rows.add(el("tr", means(scores, severities)).css("total"));
    return Parts.table("Accuracy by corruption and severity, 95% intervals", head, rows);
  }

  private static List<Element> means(CorruptionScores scores, Set<Integer> severities) {
    List<Element> cells = new ArrayList<>(List.of(Parts.rowHead("Mean of the benchmark")));
    severities.forEach(s -> cells.add(mean(scores.bySeverity().get(s))));
    cells.add(mean(scores.accuracy()));
    return cells;
  }

  private static Element mean(@Nullable MeanAccuracy mean) {
    return mean == null
        ? Parts.number("–")
        : el(
                "td",
                text(Numbers.percent(mean.value())),
                el(
                    "small",
                    Numbers.percent(mean.interval().lo())
                        + " – "
                        + Numbers.percent(mean.interval().hi())))
            .css("num");
  }
}
