package io.holdfast.record;

import io.holdfast.common.Provenance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A ledger on the heap. */
final class MemoryLedger implements Ledger {
  private final Provenance provenance;
  private final Map<AttemptKey, Map<Long, Attempt>> rows = new HashMap<>();
  private boolean finished;

  MemoryLedger(Provenance provenance) {
    this.provenance = provenance;
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }

  @Override
  public List<Attempt> append(List<Attempt> all) {
    if (finished) {
      throw new IllegalStateException("the ledger is finished");
    }
    List<Attempt> added = new ArrayList<>();
    for (Attempt row : all) {
      Attempt known =
          rows.computeIfAbsent(row.key(), key -> new HashMap<>()).putIfAbsent(row.sampleId(), row);
      if (known != null && !known.equals(row)) {
        throw InvariantViolationException.conflict(known, row);
      }
      if (known == null) {
        added.add(row);
      }
    }
    return added;
  }

  @Override
  public boolean contains(AttemptKey key, long sampleId) {
    return rows.getOrDefault(key, Map.of()).containsKey(sampleId);
  }

  @Override
  public long size() {
    return rows.values().stream().mapToLong(Map::size).sum();
  }

  @Override
  public Iterable<Attempt> rows() {
    List<Attempt> sorted = new ArrayList<>();
    rows.values().forEach(bySample -> sorted.addAll(bySample.values()));
    Collections.sort(sorted);
    return Collections.unmodifiableList(sorted);
  }

  @Override
  public void finish() {
    finished = true;
  }

  @Override
  public void close() {
    finished = true;
  }
}
