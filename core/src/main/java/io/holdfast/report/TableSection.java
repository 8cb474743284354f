package io.holdfast.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A section of a report that is a table, possibly with a chart above it.
 *
 * @param id of the section in the page, plain letters
 * @param title of the section and its table
 * @param lead sentences above the table
 * @param plot drawn above the table; null for none
 * @param header names of the columns; the first one's cells name their rows
 * @param rows as many cells as there are columns
 */
public record TableSection(
    String id,
    String title,
    List<String> lead,
    @Nullable Scatter plot,
    List<String> header,
    List<List<String>> rows) {
  public TableSection {
    lead = List.copyOf(lead);
    header = List.copyOf(header);
    rows = rows.stream().map(List::copyOf).toList();
  }

  Page.Section section() {
    List<Html> parts = new ArrayList<>(lead.stream().map(Parts::lead).toList());
    if (plot != null) {
      parts.add(plot.figure());
    }
    List<Html.Element> heads = new ArrayList<>(List.of(Parts.columnHead(header.get(0))));
    header.stream().skip(1).forEach(name -> heads.add(Parts.numberHead(name)));
    parts.add(Parts.table(title, heads, rows.stream().map(TableSection::row).toList()));
    return new Page.Section(id, title, Html.all(parts));
  }

  private static Html.Element row(List<String> cells) {
    List<Html.Element> all = new ArrayList<>(List.of(Parts.rowHead(cells.get(0))));
    cells.stream().skip(1).forEach(cell -> all.add(Parts.number(cell)));
    return Html.el("tr", all);
  }
}
