package io.holdfast.record;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which samples have a row, by attempt, and a hash of each row to tell other values. */
final class RowIndex {
  private final Map<AttemptKey, Map<Long, Integer>> hashes = new HashMap<>();
  private long size;

  /**
   * Adds a row.
   *
   * @return whether it was not there
   * @throws InvariantViolationException if it is there with other values
   */
  boolean add(Attempt row) {
    Integer hash = row.hashCode();
    Integer known =
        hashes.computeIfAbsent(row.key(), key -> new HashMap<>()).putIfAbsent(row.sampleId(), hash);
    if (known != null && !known.equals(hash)) {
      throw new InvariantViolationException(
          "the ledger has another row of the same attempt", row.sampleId(), List.of(row));
    }
    size += known == null ? 1 : 0;
    return known == null;
  }

  boolean contains(AttemptKey key, long sampleId) {
    return hashes.getOrDefault(key, Map.of()).containsKey(sampleId);
  }

  long size() {
    return size;
  }
}
