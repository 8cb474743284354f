package io.holdfast.evaluate;

import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.record.Ledger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What an evaluation knows so far: the ledger's rows, and some that are not final. */
final class Known {
  private final Ledger ledger;
  private final Seen seen;
  private final boolean random;
  private final List<Attempt> soFar = new ArrayList<>();

  /**
   * All that the ledger has.
   *
   * @param seen told of its rows
   * @param random whether the model or a surrogate draws random numbers
   */
  Known(Ledger ledger, Seen seen, boolean random) {
    this.ledger = ledger;
    this.seen = seen;
    this.random = random;
    ledger.rows().forEach(seen::add);
  }

  /** Whether the ledger has a row of each of these attempts for the sample. */
  boolean has(long id, List<AttemptKey> keys) {
    return keys.stream().allMatch(key -> ledger.contains(key, id));
  }

  /**
   * Adds a chunk's rows to the ledger.
   *
   * <p>A chunk that a budget has cut is gone on with as a whole, since what is beside a sample may
   * change the rounding of its results. Where random numbers are drawn, other things happen the
   * second time: then the verdicts that are recorded stand, with their stages.
   *
   * @param keys of the attempts that judge its samples
   */
  void add(List<Attempt> fresh, List<AttemptKey> keys) {
    ledger.append(random ? unlessKnown(fresh, keys) : fresh).forEach(seen::add);
  }

  private List<Attempt> unlessKnown(List<Attempt> fresh, List<AttemptKey> keys) {
    Set<Long> known =
        fresh.stream()
            .map(Attempt::sampleId)
            .filter(id -> has(id, keys))
            .collect(Collectors.toSet());
    return fresh.stream().filter(row -> !known.contains(row.sampleId())).toList();
  }

  /**
   * Takes note of rows that more time may change. They count in this run's scorecard, as samples
   * without a final verdict, but do not go into the ledger: what resumes the run judges them anew.
   */
  void addSoFar(List<Attempt> rows) {
    soFar.addAll(rows);
  }

  /** Samples that have fallen without a final verdict. */
  List<Attempt> fallenSoFar() {
    return List.copyOf(soFar);
  }

  /** Of each attack, how many samples have fallen to it without a final verdict. */
  Map<String, Long> soFar() {
    return soFar.stream().collect(Collectors.groupingBy(Attempt::attempt, Collectors.counting()));
  }

  /** All rows, with those that are not final. */
  Iterable<Attempt> rows() {
    return () -> Stream.concat(stream(ledger.rows()), soFar.stream()).iterator();
  }

  private static Stream<Attempt> stream(Iterable<Attempt> rows) {
    return StreamSupport.stream(rows.spliterator(), false);
  }
}
