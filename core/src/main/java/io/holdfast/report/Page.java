package io.holdfast.report;

import static io.holdfast.report.Html.el;
import static io.holdfast.report.Html.raw;
import static io.holdfast.report.Html.text;

import io.holdfast.record.Rate;
import io.holdfast.report.Html.Element;
import io.holdfast.report.View.Model;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The page as a whole. It asks the network for nothing, and its content security policy forbids
 * that to everything in it: only the scripts of this class run, named by their hashes.
 */
final class Page {

  /** A section of the page, with the name under which the navigation lists it. */
  record Section(String id, String name, Html body) {

    private Element toHtml() {
      return el("section", el("h2", name).with("id", id + "-title"), body)
          .with("id", id)
          .with("aria-labelledby", id + "-title");
    }

    private Element toLink() {
      return el("li", el("a", name).with("href", "#" + id));
    }
  }

  private final View view;
  private final List<TableSection> tables;
  private final Assets assets;

  Page(View view, List<TableSection> tables, Assets assets) {
    this.view = view;
    this.tables = tables;
    this.assets = assets;
  }

  /** The whole file. Equal views give equal text. */
  String render() {
    List<Section> sections = sections();
    StringBuilder page = new StringBuilder("<!DOCTYPE html>\n");
    el("html", head(), body(sections)).with("lang", "en").appendTo(page);
    return page.append('\n').toString();
  }

  private List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    tables.forEach(table -> sections.add(table.section()));
    sections.addAll(new ResultSections(view).sections());
    sections.addAll(new CorruptionSection(view).sections());
    sections.addAll(new DetailSections(view).sections());
    sections.addAll(new GovernorSection(view).sections());
    sections.addAll(new BackgroundSections(view).sections());
    return sections;
  }

  private Html head() {
    return el(
        "head",
        el("meta").with("charset", "utf-8"),
        el("meta").with("http-equiv", "Content-Security-Policy").with("content", policy()),
        el("meta").with("name", "viewport").with("content", "width=device-width, initial-scale=1"),
        el("meta").with("name", "color-scheme").with("content", "light dark"),
        el("meta").with("name", "description").with("content", Words.verdict(view)),
        el("link").with("rel", "icon").with("href", "data:,"),
        el("title", view.title() + " – Holdfast report"),
        el("style", raw(assets.style())));
  }

  private String policy() {
    return "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src '"
        + hash(assets.style())
        + "'; script-src '"
        + hash(assets.charting())
        + "' '"
        + hash(assets.script())
        + "'";
  }

  private static String hash(String script) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private Html body(List<Section> sections) {
    return el(
        "body",
        header(sections),
        el("main", sections.stream().map(Section::toHtml).toList()),
        el("footer", el("p", text("Made by Holdfast. Charts: d3 (ISC licence)."))),
        el("script", raw(Payload.of(view)))
            .with("type", "application/json")
            .with("id", "report-data"),
        el("script", raw(assets.charting())),
        el("script", raw(assets.script())));
  }

  private Html header(List<Section> sections) {
    return el(
        "header",
        el("p", el("b", "Holdfast"), text("robustness report")).css("brand"),
        el("h1", view.title()),
        el("p", Words.verdict(view)).css("verdict"),
        Parts.lead(Words.basis(view)),
        el("div", cards()).css("cards"),
        flags(),
        el(
            "noscript",
            el("p", "The charts need JavaScript; every number they show is also in the tables.")),
        el("nav", el("ul", sections.stream().map(Section::toLink).toList()))
            .with("aria-label", "Sections"));
  }

  private List<Element> cards() {
    List<Element> cards = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      Model model = view.models().get(i);
      cards.add(
          el(
                  "div",
                  el("h2", Words.upperFirst(model.name())),
                  el(
                      "dl",
                      el("dt", "Correct, no attack"),
                      el("dd", figure(model.card().cleanAccuracy())),
                      el("dt", "Correct under attack"),
                      el("dd", figure(model.card().robustAccuracy())).css("robust")))
              .css("card " + view.hue(i)));
    }
    return cards;
  }

  private static Html figure(@Nullable Rate rate) {
    return rate == null
        ? text("–")
        : Html.all(text(Numbers.percent(rate.value())), el("small", Parts.interval(rate)));
  }

  private Html flags() {
    List<Element> items = new ArrayList<>();
    for (Model model : view.models()) {
      for (String flag : model.card().flags()) {
        items.add(el("li", el("b", Words.upperFirst(model.name()) + ": "), text(flag)));
      }
    }
    return items.isEmpty()
        ? Html.none()
        : el("section", el("h2", "Read this first").with("id", "flags"), el("ul", items))
            .css("flags")
            .with("aria-labelledby", "flags");
  }
}
