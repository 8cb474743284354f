package io.holdfast.record;

import io.holdfast.common.HoldfastException;
import java.util.List;

/** Rows of a ledger contradict each other, so that no number drawn from them can be trusted. */
public final class InvariantViolationException extends HoldfastException {
  private static final long serialVersionUID = 1L;

  private final long sampleId;
  private final transient List<Attempt> rows;

  InvariantViolationException(String rule, long sampleId, List<Attempt> rows) {
    super(describe(rule, sampleId, rows));
    this.sampleId = sampleId;
    this.rows = List.copyOf(rows);
  }

  /** Two rows of one attempt on one sample that are not equal. */
  static InvariantViolationException conflict(Attempt known, Attempt row) {
    return new InvariantViolationException(
        "two different rows of the same attempt", row.sampleId(), List.of(known, row));
  }

  /** The sample whose rows contradict each other. */
  public long sampleId() {
    return sampleId;
  }

  /** The rows that do. */
  public List<Attempt> rows() {
    return rows;
  }

  private static String describe(String rule, long sampleId, List<Attempt> rows) {
    StringBuilder text = new StringBuilder("the ledger contradicts itself at sample ");
    text.append(sampleId).append(": ").append(rule);
    for (Attempt row : rows) {
      text.append("\n  - ").append(row);
    }
    return text.toString();
  }
}
