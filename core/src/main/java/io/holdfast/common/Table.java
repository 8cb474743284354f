package io.holdfast.common;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A table of plain text for a console; columns that hold only numbers stand to the right. */
public final class Table {
  private static final Pattern NUMERIC = Pattern.compile("[-+~]?[0-9.].*|-|");
  private static final String GAP = "  ";

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  /** A table with one column for each name. */
  public Table(String... header) {
    this.header = List.of(header);
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if it has not one cell for each column
   */
  public Table row(Object... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(header.size() + " columns but " + cells.length + " cells");
    }
    rows.add(IntStream.range(0, cells.length).mapToObj(i -> String.valueOf(cells[i])).toList());
    return this;
  }

  /** Header, rule and rows, each line ending in a newline and without blanks before it. */
  @Override
  public String toString() {
    int columns = header.size();
    List<Integer> widths = IntStream.range(0, columns).mapToObj(this::width).toList();
    List<Boolean> right = IntStream.range(0, columns).mapToObj(this::isNumeric).toList();
    String rule = widths.stream().map("-"::repeat).collect(Collectors.joining(GAP));
    StringBuilder text = new StringBuilder(line(header, widths, right)).append(rule).append('\n');
    rows.forEach(row -> text.append(line(row, widths, right)));
    return text.toString();
  }

  private static String line(List<String> cells, List<Integer> widths, List<Boolean> right) {
    return IntStream.range(0, cells.size())
            .mapToObj(i -> pad(cells.get(i), widths.get(i), right.get(i)))
            .collect(Collectors.joining(GAP))
            .stripTrailing()
        + "\n";
  }

  private static String pad(String cell, int width, boolean right) {
    String blanks = " ".repeat(width - length(cell));
    return right ? blanks + cell : cell + blanks;
  }

  private int width(int column) {
    int widest = rows.stream().mapToInt(row -> length(row.get(column))).max().orElse(0);
    return Math.max(length(header.get(column)), widest);
  }

  private boolean isNumeric(int column) {
    return rows.stream().allMatch(row -> NUMERIC.matcher(row.get(column)).matches());
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
