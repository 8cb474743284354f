package io.holdfast.attack.library;

import java.time.LocalDate;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * How one model answered the examples of a library.
 *
 * @param model that was asked
 * @param date of the measurement
 * @param fooled ids of examples that it answers wrongly, though it has the clean input right
 * @param held ids of examples that it has right, as it has the clean input
 * @param wrong ids of examples whose clean input it has wrong already
 */
public record Transfer(
    ModelOrigin model, LocalDate date, Set<String> fooled, Set<String> held, Set<String> wrong) {
  public Transfer {
    fooled = Collections.unmodifiableSet(new TreeSet<>(fooled));
    held = Collections.unmodifiableSet(new TreeSet<>(held));
    wrong = Collections.unmodifiableSet(new TreeSet<>(wrong));
  }

  /** What it says of some examples only. */
  Transfer of(Set<String> ids) {
    return new Transfer(model, date, both(fooled, ids), both(held, ids), both(wrong, ids));
  }

  /** What both measurements say; this one counts where they differ. */
  Transfer with(Transfer other) {
    Set<String> mine = all();
    return new Transfer(
        model,
        date,
        join(fooled, other.fooled, mine),
        join(held, other.held, mine),
        join(wrong, other.wrong, mine));
  }

  /** Whether it says nothing. */
  boolean isEmpty() {
    return all().isEmpty();
  }

  private Set<String> all() {
    Set<String> all = new TreeSet<>(fooled);
    all.addAll(held);
    all.addAll(wrong);
    return all;
  }

  private static Set<String> both(Set<String> a, Set<String> b) {
    Set<String> both = new TreeSet<>(a);
    both.retainAll(b);
    return both;
  }

  private static Set<String> join(Set<String> mine, Set<String> theirs, Set<String> known) {
    Set<String> joined = new TreeSet<>(theirs);
    joined.removeAll(known);
    joined.addAll(mine);
    return joined;
  }
}
