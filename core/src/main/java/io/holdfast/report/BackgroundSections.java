package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;

import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import io.holdfast.report.Page.Section;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was assumed, where the numbers come from, and how to get them again. */
final class BackgroundSections {

  private final View view;

  BackgroundSections(View view) {
    this.view = view;
  }

  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    sections.add(new Section("threat", "What the attacker may do", threat()));
    sections.add(new Section("provenance", "Where this comes from", provenance()));
    if (view.command() != null) {
      sections.add(new Section("reproduce", "Do it again", reproduce(view.command())));
    }
    return sections;
  }

  private Html threat() {
    if (view.sameThreat()) {
      return all(
          Parts.lead("Every robustness figure here holds against this attacker, and no other."),
          Parts.facts(view.threat().facts()));
    }
    List<Html> parts = new ArrayList<>();
    parts.add(Parts.lead("Each model's figures hold against its own attacker, and no other."));
    for (int i = 0; i < view.models().size(); i++) {
      parts.add(Parts.modelHeading(view, i));
      parts.add(Parts.facts(view.models().get(i).threat().facts()));
    }
    return all(parts);
  }

  private Html provenance() {
    List<Html> parts = new ArrayList<>();
    for (int i = 0; i < view.models().size(); i++) {
      Model model = view.models().get(i);
      parts.add(Parts.modelHeading(view, i));
      Provenance provenance = model.card().provenance();
      parts.add(Parts.facts(facts(model)));
      if (!provenance.configuration().isEmpty()) {
        String configuration = Json.pretty(provenance.configuration()).strip();
        parts.add(Parts.details("Configuration", el("pre", configuration)));
      }
    }
    return all(parts);
  }

  private static Map<String, String> facts(Model model) {
    Provenance provenance = model.card().provenance();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Test images", Numbers.count((double) model.card().cleanAccuracy().n()));
    facts.put("Seed", Long.toString(provenance.seed()));
    facts.put("Holdfast", provenance.codeVersion());
    facts.put("Engine", provenance.engineVersion());
    facts.put("Platform", provenance.platform());
    provenance.dataHashes().forEach((name, hash) -> facts.put("SHA-256 of " + name, hash));
    model
        .card()
        .timing()
        .forEach(
            (phase, seconds) ->
                facts.put("Time, " + phase, Numbers.significant(seconds, 3) + " s"));
    return facts;
  }

  private static Html reproduce(String command) {
    return all(
        Parts.lead("The same command on the same data gives the same numbers."),
        el(
                "div",
                el("pre", el("code", command).with("id", "command")),
                el("button", "Copy").with("type", "button").with("data-copy", "command"))
            .css("command"));
  }
}
