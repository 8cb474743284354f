package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;
import static io.holdfast.report.Html.text;

import io.holdfast.record.Example;
import io.holdfast.record.Pixels;
import io.holdfast.report.Html.Element;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.List;

/** Clean, perturbed and difference images with what the model answered. */
final class Gallery {

  private static final int MOST = 24;

  private final View view;
  private final int factor;

  Gallery(View view) {
    this.view = view;
    this.factor = amplification(view);
  }

  /** As much as the largest difference allows: grey is no change, black and white the largest. */
  private static int amplification(View view) {
    double largest =
        view.models().stream()
            .flatMap(model -> model.examples().stream())
            .mapToDouble(Gallery::largestChange)
            .max()
            .orElse(0);
    return largest == 0 ? 1 : (int) Math.max(1, Math.min(1000, Math.floor(0.5 / largest + 1e-4)));
  }

  private static double largestChange(Example example) {
    float[] clean = example.clean().values();
    float[] perturbed = example.adversarial().values();
    double largest = 0;
    for (int i = 0; i < clean.length; i++) {
      largest = Math.max(largest, Math.abs(perturbed[i] - clean[i]));
    }
    return largest;
  }

  Html html() {
    List<Html> groups = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      Model model = view.models().get(i);
      List<Example> examples = model.examples();
      if (!examples.isEmpty()) {
        groups.add(Parts.modelHeading(view, i));
        groups.add(
            el("div", examples.stream().limit(MOST).map(example -> figure(model, example)).toList())
                .css("gallery " + view.hue(i)));
      }
    }
    return all(
        Parts.lead(
            "Each image, the image the attacker made of it, and the difference amplified %s times"
                    .formatted(factor)
                + " (grey: unchanged)."),
        all(groups));
  }

  private Element figure(Model model, Example example) {
    String truth = model.className(example.label());
    Element clean =
        tile(
            example.clean(),
            "Clean image of " + truth,
            answer(model, example.cleanPrediction(), example.cleanConfidence()));
    Element perturbed =
        tile(
            example.adversarial(),
            "Perturbed image of " + truth,
            answer(model, example.adversarialPrediction(), example.adversarialConfidence()));
    Element difference =
        tile(
            difference(example),
            "Difference, amplified %s times".formatted(factor),
            el("span", "difference ×" + factor));
    String caption =
        "Image %s, truly %s: %s %s"
            .formatted(
                example.sampleId(), truth, outcome(model, example), Words.attack(example.attack()));
    return el(
            "figure",
            el("div", clean, perturbed.css(example.fooled() ? "fooled" : "held"), difference)
                .css("row"),
            el("figcaption", caption))
        .css("example");
  }

  /** An answer that nobody wanted is no success of a targeted attack. */
  private static String outcome(Model model, Example example) {
    if (!example.fooled()) {
      return "held against";
    }
    boolean other =
        model.threat().targeted() && !model.threat().wants(example.adversarialPrediction());
    return other ? "answered wrongly under" : "fooled by";
  }

  private static Element tile(Pixels pixels, String alt, Html caption) {
    return el(
        "div",
        el("img")
            .with("src", Png.dataUri(pixels))
            .with("width", Integer.toString(pixels.width()))
            .with("height", Integer.toString(pixels.height()))
            .with("alt", alt),
        caption);
  }

  private static Html answer(Model model, int prediction, double confidence) {
    return all(el("b", model.className(prediction)), el("span", text(Numbers.percent(confidence))));
  }

  private Pixels difference(Example example) {
    Pixels shape = example.clean();
    float[] clean = example.clean().values();
    float[] picture = example.adversarial().values();
    for (int i = 0; i < picture.length; i++) {
      picture[i] = 0.5f + factor * (picture[i] - clean[i]);
    }
    return Pixels.of(picture, shape.channels(), shape.height(), shape.width());
  }
}
