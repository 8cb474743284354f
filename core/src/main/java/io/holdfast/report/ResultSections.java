package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;
import static io.holdfast.report.Html.text;

import io.holdfast.record.AttackScore;
import io.holdfast.record.Comparison;
import io.holdfast.record.Difference;
import io.holdfast.record.Rate;
import io.holdfast.record.StageScore;
import io.holdfast.record.Summary;
import io.holdfast.report.Html.Element;
import io.holdfast.report.Page.Section;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What holds and what falls: accuracies, strength, attacks. */
final class ResultSections {

  private final View view;

  ResultSections(View view) {
    this.view = view;
  }

  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    sections.add(
        new Section("results", view.compares() ? "Before and after" : "Results", results()));
    if (!view.curves().isEmpty()) {
      sections.add(new Section("strength", "Stronger attacks", strength()));
    }
    if (!view.attackKeys().isEmpty()) {
      sections.add(new Section("attacks", "Attack by attack", attacks()));
    }
    return sections;
  }

  private Html results() {
    List<Element> head = new ArrayList<>(List.of(Parts.columnHead("Share of images correct")));
    for (int i = 0; i < view.models().size(); i++) {
      head.add(
          el("th", Parts.swatch(view.hue(i)), text(view.models().get(i).name()))
              .with("scope", "col")
              .css("num"));
    }
    if (view.hasDifferences()) {
      head.add(Parts.numberHead("Difference, points"));
    }
    String caption =
        view.hasDifferences()
            ? "Small figures: 95% intervals, Wilson's for each model and Newcombe's for the"
                + " difference of the last model from the first"
                + (view.differences().cleanAccuracy().paired()
                    ? ", image by image."
                    : ", as if of different images.")
            : "Small figures: Wilson's 95% intervals.";
    return all(
        Parts.lead(Words.correctUnderAttack(view)),
        Parts.table(caption, head, resultRows()),
        el(
            "figure",
            el("div", Parts.modelLegend(view), Parts.legend()).css("legends"),
            Parts.chart("outcomes")));
  }

  private List<Element> resultRows() {
    List<Element> rows = new ArrayList<>();
    List<@Nullable Difference> differences = view.hasDifferences() ? differences() : List.of();
    for (Payload.Row row : Payload.rows(view)) {
      List<Element> cells = new ArrayList<>(List.of(Parts.rowHead(row.label())));
      row.rates().forEach(rate -> cells.add(Parts.rate(rate)));
      if (view.hasDifferences()) {
        cells.add(difference(differences.get(rows.size())));
      }
      Element tr = el("tr", cells);
      rows.add(row.label().equals(Payload.ALL_ATTACKS) ? tr.css("total") : tr);
    }
    return rows;
  }

  /** Of the rows of results, in their order. */
  private List<@Nullable Difference> differences() {
    Comparison all = view.differences();
    List<@Nullable Difference> differences = new ArrayList<>();
    differences.add(all.cleanAccuracy());
    view.attackKeys().forEach(key -> differences.add(all.attacks().get(key)));
    differences.add(all.robustAccuracy());
    return differences;
  }

  private static Element difference(@Nullable Difference difference) {
    if (difference == null) {
      return Parts.number("–");
    }
    String ends =
        Numbers.points(difference.ci95().get(0))
            + " to "
            + Numbers.points(difference.ci95().get(1));
    return el("td", text(Numbers.points(difference.value())), el("small", ends)).css("num");
  }

  private Html strength() {
    List<Element> head = new ArrayList<>(List.of(Parts.columnHead("epsilon")));
    List<Model> drawn = view.sameThreat() ? view.models() : view.curves();
    drawn.forEach(model -> head.add(Parts.numberHead(model.name())));
    List<Double> radii =
        drawn.stream()
            .flatMap(model -> model.curve().keySet().stream())
            .distinct()
            .sorted()
            .toList();
    List<Element> rows = new ArrayList<>();
    for (double radius : radii) {
      List<Element> cells = new ArrayList<>(List.of(Parts.rowHead(Numbers.significant(radius, 4))));
      drawn.forEach(model -> cells.add(Parts.rate(model.curve().get(radius))));
      rows.add(el("tr", cells));
    }
    return all(
        Parts.lead(
            "Robust accuracy as the attacker may change each image more."
                + (view.sameThreat()
                    ? ""
                    : " Models that were judged within other threat models are left out.")),
        Parts.figure(
            Parts.chart("epsilon"),
            "Over "
                + samples(radii)
                + ". Bands are 95% intervals. A sound evaluation falls to zero for large epsilon; a"
                + " curve that stays up points to an attack that was too weak."),
        Parts.details(
            "The numbers", Parts.table("Robust accuracy by epsilon, 95% intervals", head, rows)));
  }

  /** How many samples the curves are of. */
  private String samples(List<Double> radii) {
    String counts =
        view.models().stream()
            .flatMap(model -> radii.stream().map(model.curve()::get))
            .filter(Objects::nonNull)
            .map(rate -> Numbers.count((double) rate.n()))
            .distinct()
            .collect(Collectors.joining(" or "));
    return counts + " images" + (ofAll(radii) ? "" : " chosen by the seed" + part());
  }

  /** Whether the curves are of all images. */
  private boolean ofAll(List<Double> radii) {
    return view.models().stream()
        .allMatch(
            model ->
                radii.stream()
                    .map(model.curve()::get)
                    .filter(Objects::nonNull)
                    .allMatch(rate -> rate.n() == model.card().cleanAccuracy().n()));
  }

  /** Why the curves need not start where the accuracy without an attack is. */
  private String part() {
    String all =
        view.models().stream()
            .map(model -> Numbers.count((double) model.card().cleanAccuracy().n()))
            .distinct()
            .collect(Collectors.joining(" or "));
    return " among the "
        + all
        + ": every point, also that at epsilon 0, is of these alone, which is why it may differ from"
        + " the accuracy without an attack over all "
        + all;
  }

  private Html attacks() {
    List<Element> head = new ArrayList<>();
    head.add(Parts.columnHead("Attack"));
    if (view.compares()) {
      head.add(Parts.columnHead("Model"));
    }
    for (String name :
        List.of(
            "Still correct", "Succeeded on", "Mean distance", "Median", "Queries", "Gradients")) {
      head.add(Parts.numberHead(name));
    }
    head.add(Parts.columnHead("In training"));
    List<Element> rows = new ArrayList<>();
    for (String key : view.attackKeys()) {
      for (int i = 0; i < view.models().size(); i++) {
        AttackScore attack = view.models().get(i).card().attacks().get(key);
        if (attack != null) {
          rows.add(attackRow(key, attack, i));
        }
      }
    }
    String caption =
        "Distances of the successful examples, "
            + view.threat().norm()
            + "; queries and gradients: mean per attacked image. In training: seen if the model was"
            + " trained on that attack or on one of its family; FGSM, BIM and PGD are one, the same"
            + " steps along the gradient with another start, length and number; not known where no"
            + " training is recorded.";
    return all(
        Parts.lead("Only images that were right to begin with are attacked."),
        el("div", Parts.table(caption, head, rows)).css("wide"),
        all(stageTables()));
  }

  /** Of each attack that consists of several: who fell to which. */
  private List<Html> stageTables() {
    List<Html> tables = new ArrayList<>();
    for (String key : view.attackKeys()) {
      for (View.Model model : view.models()) {
        AttackScore attack = model.card().attacks().get(key);
        if (attack != null && !attack.stages().isEmpty()) {
          String of = view.compares() ? " on " + model.name() : "";
          tables.add(stageTable(Words.attack(key) + of, attack.stages()));
        }
      }
    }
    return tables;
  }

  private static Html stageTable(String title, Map<String, StageScore> stages) {
    List<Element> head = new ArrayList<>(List.of(Parts.columnHead("Part of the attack")));
    for (String name : List.of("Tried on", "Felled", "Least gradients", "Least queries")) {
      head.add(Parts.numberHead(name));
    }
    List<Element> rows = new ArrayList<>();
    stages.forEach(
        (stage, score) ->
            rows.add(
                el(
                    "tr",
                    Parts.rowHead(Words.attack(stage)).with("title", stage),
                    Parts.number(Numbers.count((double) score.attacked())),
                    Parts.number(Numbers.count((double) score.fell())),
                    Parts.number(Numbers.count((double) score.leastGradients())),
                    Parts.number(Numbers.count((double) score.leastQueries())))));
    return Parts.details(
        title + ", part by part",
        Parts.table(
            "Each part is tried on images that still stand; least: spent on an image that held",
            head,
            rows));
  }

  private Element attackRow(String key, AttackScore attack, int model) {
    List<Element> cells = new ArrayList<>();
    cells.add(Parts.rowHead(Words.attack(key)).with("title", key));
    if (view.compares()) {
      cells.add(
          el("td", Parts.swatch(view.hue(model)), text(view.models().get(model).name()))
              .css("name"));
    }
    cells.add(Parts.rate(attack.robustAccuracy()));
    Rate success = attack.successRate();
    Summary distance = attack.distance().get(view.threat().normKey());
    double attacked = success == null ? 0 : success.n();
    cells.add(Parts.rate(success));
    cells.add(Parts.number(distance == null ? "–" : Numbers.significant(distance.mean(), 3)));
    cells.add(Parts.number(distance == null ? "–" : Numbers.significant(distance.median(), 3)));
    cells.add(Parts.number(Numbers.count(attack.queries() / attacked)));
    cells.add(Parts.number(Numbers.count(attack.gradients() / attacked)));
    cells.add(el("td", Words.seen(attack.seenInTraining())));
    return el("tr", cells);
  }
}
