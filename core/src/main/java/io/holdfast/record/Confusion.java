package io.holdfast.record;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Counts of samples by label (row) and prediction (column); abstentions are not counted.
 *
 * @param clean of clean samples
 * @param attacked of the worst attack on each sample; null where no attack was run
 */
public record Confusion(List<List<Long>> clean, @Nullable List<List<Long>> attacked) {
  /** With more classes the matrices are left out: they would be larger than the rest together. */
  public static final int MOST_CLASSES = 1000;

  public Confusion {
    Objects.requireNonNull(clean, "clean is missing");
    clean = copy(clean);
    attacked = attacked == null ? null : copy(attacked);
  }

  private static List<List<Long>> copy(List<List<Long>> rows) {
    List<List<Long>> copy = new ArrayList<>();
    for (List<Long> row : rows) {
      if (row.size() != rows.size()) {
        throw new IllegalArgumentException("a confusion matrix must be square");
      }
      copy.add(List.copyOf(row));
    }
    return List.copyOf(copy);
  }

  /** Counts {@code [label][prediction]} as lists. */
  static List<List<Long>> rows(long[][] counts) {
    List<List<Long>> rows = new ArrayList<>();
    for (long[] row : counts) {
      List<Long> cells = new ArrayList<>();
      for (long cell : row) {
        cells.add(cell);
      }
      rows.add(cells);
    }
    return rows;
  }
}
