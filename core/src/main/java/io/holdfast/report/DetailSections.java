package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;

import io.holdfast.record.CalibrationPair;
import io.holdfast.record.ClassScore;
import io.holdfast.report.Html.Element;
import io.holdfast.report.Page.Section;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/** Where a model is weak: classes, pictures, confusion, confidence, and how training went. */
final class DetailSections {
  private static final String WEAKEST =
      " Dotted: the class that stands worst, under attack where there is one; of few images in a"
          + " class, the worst is worse by chance.";
  private static final String OWN =
      " Where accuracy on training's own adversarial examples rises while that on attacked held-out"
          + " images falls, the model is overfitted to the training images, or to its own attack.";

  private final View view;

  DetailSections(View view) {
    this.view = view;
  }

  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    if (any(DetailSections::hasClasses)) {
      sections.add(new Section("classes", "Weak classes", classes()));
    }
    if (any(model -> !model.examples().isEmpty())) {
      sections.add(new Section("examples", "What the attacker did", new Gallery(view).html()));
    }
    if (any(DetailSections::hasConfusion)) {
      sections.add(new Section("confusion", "Confusion under attack", confusion()));
    }
    if (any(Model::isCalibrated)) {
      sections.add(new Section("calibration", "Can its confidence be trusted?", calibration()));
    }
    if (any(model -> !model.training().isEmpty())) {
      sections.add(new Section("learning", "How training went", learning()));
    }
    return sections;
  }

  private boolean any(Predicate<Model> has) {
    return view.models().stream().anyMatch(has);
  }

  private static boolean hasClasses(Model model) {
    return !model.weakestClasses().isEmpty();
  }

  private static boolean hasConfusion(Model model) {
    return model.card().confusion().attacked() != null;
  }

  /** One panel for each model that has something to show. */
  private Element panels(Predicate<Model> has, IntFunction<Html> panel) {
    List<Element> panels = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      if (has.test(view.models().get(i))) {
        panels.add(el("div", Parts.modelHeading(view, i), panel.apply(i)));
      }
    }
    return el("div", panels).css(panels.size() == 2 ? "panels pair" : "panels");
  }

  private static Element modelChart(String kind, int model) {
    return Parts.chart(kind).with("data-model", Integer.toString(model));
  }

  private Html classes() {
    return all(
        Parts.lead(Words.weakest(view.subject())),
        Parts.legend(),
        panels(DetailSections::hasClasses, this::classPanel));
  }

  private Html classPanel(int index) {
    Model model = view.models().get(index);
    List<Element> rows = new ArrayList<>();
    for (ClassScore score : model.weakestClasses()) {
      rows.add(
          el(
              "tr",
              Parts.rowHead(score.name()),
              Parts.rate(score.cleanAccuracy()),
              Parts.rate(score.robustAccuracy())));
    }
    int hidden = rows.size() - Payload.drawnClasses(model).size();
    String caption =
        hidden == 0
            ? "Weakest first; the bar between is what the attack takes."
            : "The %s weakest of %s classes; the bar between is what the attack takes."
                .formatted(Payload.MOST_CLASSES, rows.size());
    List<Element> head =
        List.of(
            Parts.columnHead("Class"),
            Parts.numberHead("No attack"),
            Parts.numberHead("Under attack"));
    return all(
        Parts.figure(modelChart("classes", index), caption),
        Parts.details("The numbers", Parts.table("Accuracy by class, 95% intervals", head, rows)));
  }

  private Html confusion() {
    return all(
        Parts.lead("Each row is a true class; numbers are per cent of its images."),
        panels(
            DetailSections::hasConfusion,
            index ->
                all(
                    Parts.figure(
                        modelChart("confusion", index), Words.mistakes(view.models().get(index))),
                    ChartTables.confusion(view.models().get(index)))));
  }

  private Html calibration() {
    return all(
        Parts.lead(
            "A well calibrated model that says 80% is right 80 times of 100. Circles below the"
                + " diagonal are overconfident; their area is the share of images."),
        Parts.legend(),
        panels(
            Model::isCalibrated,
            index ->
                all(
                    Parts.figure(
                        modelChart("reliability", index),
                        "Expected calibration error: %s without attack, %s under attack."
                            .formatted(
                                Model.ece(calibration(index).clean()),
                                Model.ece(calibration(index).attacked()))),
                    ChartTables.reliability(view.models().get(index)))));
  }

  private CalibrationPair calibration(int index) {
    return view.models().get(index).card().calibration();
  }

  private Html learning() {
    List<Element> charts = new ArrayList<>();
    if (any(model -> !model.training().loss().isEmpty())) {
      charts.add(Parts.chart("learning").with("data-what", "loss"));
    }
    if (any(model -> !model.training().clean().isEmpty() || !model.training().robust().isEmpty())) {
      charts.add(Parts.chart("learning").with("data-what", "accuracy"));
    }
    if (any(model -> !model.training().course().own().isEmpty())) {
      charts.add(Parts.chart("overfitting"));
    }
    if (any(model -> !model.training().course().epsilon().isEmpty())) {
      charts.add(Parts.chart("strength"));
    }
    return all(
        Parts.lead(
            "Measured on the validation split during training; nothing was chosen by the test images."
                + (any(model -> !model.training().weakest().isEmpty()) ? WEAKEST : "")
                + (any(model -> !model.training().course().own().isEmpty()) ? OWN : "")),
        Parts.legend(),
        el("div", charts).css("panels pair"),
        all(
            view.models().stream()
                .flatMap(model -> model.training().notes().stream())
                .map(Parts::lead)
                .toList()),
        panels(
            model -> !model.training().course().weakness().isEmpty(),
            index ->
                Parts.figure(
                    modelChart("weakness", index),
                    "How much weaker than the best class each was found to be, in points: samples"
                        + " of darker ones were drawn more often in the next epoch.")),
        panels(
            model -> !model.training().isEmpty(),
            index -> ChartTables.learning(view.models().get(index))));
  }
}
