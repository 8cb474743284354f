package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;
import static io.holdfast.report.Html.text;

import io.holdfast.record.Example;
import io.holdfast.report.Html.Element;
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
      List<Example> examples = view.models().get(i).examples();
      if (!examples.isEmpty()) {
        groups.add(Parts.modelHeading(view, i));
        groups.add(
            el("div", examples.stream().limit(MOST).map(this::figure).toList())
                .css("gallery " + view.hue(i)));
      }
    }
    return all(
        Parts.lead(
            "Each image, the image the attacker made of it, and the difference amplified %d times"
                    .formatted(factor)
                + " (grey: unchanged)."),
        all(groups));
  }

  private Element figure(Example example) {
    String truth = name(example.label());
    Element row =
        el(
                "div",
                tile(
                    example,
                    example.clean().values(),
                    "Clean image of " + truth,
                    answer(example.cleanPrediction(), example.cleanConfidence())),
                tile(
                        example,
                        example.adversarial().values(),
                        "Perturbed image of " + truth,
                        answer(example.adversarialPrediction(), example.adversarialConfidence()))
                    .css(example.fooled() ? "fooled" : "held"),
                tile(
                    example,
                    difference(example),
                    "Difference, amplified %d times".formatted(factor),
                    el("span", "difference ×" + factor)))
            .css("row");
    String outcome = example.fooled() ? "fooled by " : "held against ";
    return el(
            "figure",
            row,
            el(
                "figcaption",
                "Image %d, truly %s: %s%s"
                    .formatted(example.sampleId(), truth, outcome, Words.attack(example.attack()))))
        .css("example");
  }

  private static Element tile(Example example, float[] pixels, String alt, Html caption) {
    int channels = example.shape().get(0);
    int height = example.shape().get(1);
    int width = example.shape().get(2);
    return el(
        "div",
        el("img")
            .with("src", Png.dataUri(pixels, channels, height, width))
            .with("width", Integer.toString(width))
            .with("height", Integer.toString(height))
            .with("alt", alt),
        caption);
  }

  private Html answer(int prediction, double confidence) {
    return all(el("b", name(prediction)), el("span", text(Numbers.percent(confidence))));
  }

  private float[] difference(Example example) {
    float[] picture = example.adversarial().values();
    float[] clean = example.clean().values();
    for (int i = 0; i < picture.length; i++) {
      picture[i] = 0.5f + factor * (picture[i] - clean[i]);
    }
    return picture;
  }

  private String name(int label) {
    return label >= 0 && label < view.classNames().size()
        ? view.classNames().get(label)
        : "class " + label;
  }
}
