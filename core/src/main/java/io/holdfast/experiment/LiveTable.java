package io.holdfast.experiment;

import io.holdfast.common.Format;
import io.holdfast.common.Progress;
import io.holdfast.common.Table;
import io.holdfast.record.Rate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who has fallen to what so far: a column for each pair of model and threat model, a row for each
 * attack, kept in sight while they run. Cells with {@code ~} are of an attack that is under way.
 */
final class LiveTable {
  static final String CLEAN = "clean";
  private static final String ALL = "all together";
  private static final String NOTHING = "-";

  private final Progress progress;
  private final List<String> pairs;
  private final List<String> rows;
  private final Map<String, Map<String, String>> cells = new HashMap<>();

  /**
   * A table with nothing in it.
   *
   * @param pairs names of the columns
   * @param attacks keys
   */
  LiveTable(Progress progress, List<String> pairs, List<String> attacks) {
    this.progress = progress;
    this.pairs = List.copyOf(pairs);
    rows = Stream.of(Stream.of(CLEAN), attacks.stream(), Stream.of(ALL)).flatMap(s -> s).toList();
    pairs.forEach(pair -> cells.put(pair, new HashMap<>()));
  }

  /** The progress of one pair, whose tasks are called as its rows are. */
  Progress of(String pair) {
    Progress own = progress.of(pair);
    return new Progress() {
      @Override
      public Task start(String title, long total, String unit) {
        return new Watched(own.start(title, total, unit), pair, title, total);
      }

      @Override
      public void note(String line) {
        own.note(line);
      }
    };
  }

  /**
   * What stood at the end of a pair, where an earlier run had found it too.
   *
   * @param rates by row
   * @param robust after all attacks
   * @param incomplete rows that a budget cut short
   */
  void done(String pair, Map<String, Rate> rates, @Nullable Rate robust, Set<String> incomplete) {
    rates.forEach((row, rate) -> put(pair, row, cell(rate.value(), incomplete.contains(row))));
    if (robust != null) {
      put(pair, ALL, cell(robust.value(), !incomplete.isEmpty()));
    }
  }

  private static String cell(double share, boolean soFar) {
    return (soFar ? "~" : "") + Format.percent(share);
  }

  /** Takes it out of sight. */
  void close() {
    progress.pin(List.of());
  }

  private synchronized void put(String pair, String row, String cell) {
    Map<String, String> column = cells.getOrDefault(pair, Map.of());
    if (rows.contains(row) && !cell.equals(column.put(row, cell))) {
      progress.pin(lines());
    }
  }

  /** The pairs that have begun, the last ones first, so that what a narrow terminal cuts is old. */
  private List<String> lines() {
    List<String> begun = new ArrayList<>();
    for (int i = pairs.size() - 1; i >= 0; i--) {
      if (!cells.getOrDefault(pairs.get(i), Map.of()).isEmpty()) {
        begun.add(pairs.get(i));
      }
    }
    Table table =
        new Table(
            Stream.concat(Stream.of("still right after"), begun.stream()).toArray(String[]::new));
    for (String row : rows) {
      Stream<String> values =
          begun.stream().map(pair -> cells.getOrDefault(pair, Map.of()).getOrDefault(row, NOTHING));
      table.row(Stream.concat(Stream.of(row), values).toArray());
    }
    return table.toString().lines().toList();
  }

  /** A task whose figure is a cell. */
  private final class Watched implements Progress.Task {
    private final Progress.Task task;
    private final String pair;
    private final String row;
    private final long total;
    private long done;
    private double share = Double.NaN;

    Watched(Progress.Task task, String pair, String row, long total) {
      this.task = task;
      this.pair = pair;
      this.row = row;
      this.total = total;
    }

    @Override
    public synchronized void advance(long n) {
      task.advance(n);
      done += n;
    }

    @Override
    public synchronized void skip(long n) {
      task.skip(n);
      done += n;
    }

    @Override
    public synchronized void stat(String name, double value) {
      task.stat(name, value);
      share = value;
      show();
    }

    @Override
    public synchronized void close() {
      task.close();
    }

    private void show() {
      put(pair, row, cell(share, done < total));
    }
  }
}
