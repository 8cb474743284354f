package io.holdfast.report;

import static io.holdfast.report.Html.all;
import static io.holdfast.report.Html.el;

import io.holdfast.common.governor.Decision;
import io.holdfast.report.Html.Element;
import io.holdfast.report.Page.Section;
import java.util.ArrayList;
import java.util.List;

/** What a governor gave up, and each of its decisions. */
final class GovernorSection {
  private final View view;

  GovernorSection(View view) {
    this.view = view;
  }

  List<Section> sections() {
    boolean any = view.models().stream().anyMatch(model -> !model.journal().isEmpty());
    return any ? List.of(new Section("governor", "What the governor decided", body())) : List.of();
  }

  private Html body() {
    List<Html> parts = new ArrayList<>();
    parts.add(
        Parts.lead(
            "The run had budgets, which a governor kept it to as well as it could. Decisions are keyed to steps; a replay"
                + " of the journal gives the same model."));
    for (int i = 0; i < view.models().size(); i++) {
      List<Decision> journal = view.models().get(i).journal();
      if (!journal.isEmpty()) {
        parts.add(Parts.modelHeading(view, i));
        journal.stream()
            .filter(d -> d.what() == Decision.What.SUMMARY)
            .forEach(d -> parts.add(el("p", inStage(d) + Words.upperFirst(d.words()) + ".")));
        parts.add(Parts.details("Every decision", table(journal)));
      }
    }
    return all(parts);
  }

  private static String inStage(Decision d) {
    return d.stage().isEmpty() ? "" : "Stage " + d.stage() + ": ";
  }

  private static Element table(List<Decision> journal) {
    List<Element> head =
        List.of(Parts.columnHead("While"), Parts.numberHead("Step"), Parts.columnHead("Decision"));
    List<Element> rows =
        journal.stream()
            .map(
                d ->
                    el(
                        "tr",
                        List.of(
                            Parts.rowHead(d.phase()),
                            Parts.number(Numbers.count((double) d.step())),
                            el("td", d.words()))))
            .toList();
    return Parts.table("Decisions in their order", head, rows);
  }
}
