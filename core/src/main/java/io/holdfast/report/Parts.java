package io.holdfast.report;

import static io.holdfast.report.Html.el;
import static io.holdfast.report.Html.text;

import io.holdfast.record.Rate;
import io.holdfast.report.Html.Element;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tables, charts and other parts that several sections use. */
final class Parts {

  private Parts() {}

  /** A table that scrolls sideways where the screen is narrow. */
  static Element table(String caption, List<Element> head, List<Element> rows) {
    return el(
            "div",
            el("table", el("caption", caption), el("thead", el("tr", head)), el("tbody", rows)))
        .css("scroll")
        .with("tabindex", "0")
        .with("role", "region")
        .with("aria-label", caption);
  }

  static Element columnHead(String name) {
    return el("th", name).with("scope", "col");
  }

  static Element numberHead(String name) {
    return columnHead(name).css("num");
  }

  static Element rowHead(String name) {
    return el("th", name).with("scope", "row");
  }

  static Element number(String value) {
    return el("td", value).css("num");
  }

  /** A table cell with an accuracy and its interval. */
  static Element rate(@Nullable Rate rate) {
    return rate == null
        ? number("–")
        : el("td", text(Numbers.percent(rate.value())), el("small", interval(rate))).css("num");
  }

  static String interval(Rate rate) {
    return Numbers.percent(rate.interval().lo()) + " – " + Numbers.percent(rate.interval().hi());
  }

  /** A place that the script fills with a chart. */
  static Element chart(String kind) {
    return el("div").css("chart").with("data-chart", kind);
  }

  /** A chart with what there is to see in it. */
  static Element figure(Html content, String caption) {
    return el("figure", content, el("figcaption", caption));
  }

  /** What hollow and filled marks mean. */
  static Element legend() {
    return el(
            "div",
            el("span", el("span").css("dot"), text("no attack")),
            el("span", el("span").css("dot filled"), text("under attack")))
        .css("legend");
  }

  /** The hue of each model. */
  static Element modelLegend(View view) {
    List<Element> names = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      names.add(el("span", swatch(view.hue(i)), text(view.models().get(i).name())));
    }
    return el("div", names).css("legend");
  }

  static Element swatch(String hue) {
    return el("span").css("swatch " + hue).with("aria-hidden", "true");
  }

  /** A model's name as the heading of its panel; nothing where there is only one model. */
  static Html modelHeading(View view, int model) {
    return view.models().size() == 1
        ? Html.none()
        : el(
            "h3", swatch(view.hue(model)), text(Words.upperFirst(view.models().get(model).name())));
  }

  static Element lead(String sentence) {
    return el("p", sentence).css("lead");
  }

  static Element details(String summary, Html... content) {
    return el("details", el("summary", summary)).add(content);
  }

  /** Names and values. */
  static Element facts(Map<String, String> facts) {
    List<Element> pairs = new ArrayList<>();
    facts.forEach(
        (name, value) -> {
          pairs.add(el("dt", name));
          pairs.add(el("dd", value));
        });
    return el("dl", pairs).css("facts");
  }
}
