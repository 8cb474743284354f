package io.holdfast.record;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which samples have a row, by attempt. */
final class RowIndex {
  private final Map<AttemptKey, Set<Long>> samples = new HashMap<>();
  private long size;

  /** Whether the row was not there. */
  boolean add(Attempt row) {
    boolean added = samples.computeIfAbsent(row.key(), key -> new HashSet<>()).add(row.sampleId());
    size += added ? 1 : 0;
    return added;
  }

  boolean contains(AttemptKey key, long sampleId) {
    Set<Long> known = samples.get(key);
    return known != null && known.contains(sampleId);
  }

  long size() {
    return size;
  }
}
