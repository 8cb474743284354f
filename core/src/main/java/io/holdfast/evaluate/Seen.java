package io.holdfast.evaluate;

import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the ledger's rows say of each sample, kept while the evaluation goes on. */
final class Seen {
  private final List<String> order;
  private final Map<Long, Attempt> clean = new HashMap<>();
  private final Map<Long, Attempt> felled = new HashMap<>();
  private final Map<AttemptKey, Tally> tallies = new HashMap<>();

  /** Counts of one attempt. */
  static final class Tally {
    long rows;
    long good; // correct or held
    long attacked;
    long fell;
    long gradients;

    double share() {
      return rows == 0 ? 0 : (double) good / rows;
    }

    private void add(Attempt row) {
      Outcome outcome = row.outcome();
      rows++;
      good += outcome == Outcome.CORRECT || outcome == Outcome.HELD ? 1 : 0;
      attacked += outcome == Outcome.HELD || outcome == Outcome.FELL ? 1 : 0;
      fell += outcome == Outcome.FELL ? 1 : 0;
      gradients = Math.max(gradients, row.gradients());
    }
  }

  /**
   * @param order keys of the attacks, in the order of the suite
   */
  Seen(List<String> order) {
    this.order = order;
  }

  void add(Attempt row) {
    tally(row.key()).add(row);
    if (row.kind() == Kind.CLEAN) {
      clean.put(row.sampleId(), row);
    } else if (row.kind() == Kind.VERDICT && row.outcome() == Outcome.FELL) {
      felled.merge(row.sampleId(), row, this::first);
    }
  }

  private Attempt first(Attempt a, Attempt b) {
    return order.indexOf(a.attempt()) <= order.indexOf(b.attempt()) ? a : b;
  }

  Tally tally(AttemptKey key) {
    return tallies.computeIfAbsent(key, k -> new Tally());
  }

  /** How many samples there are. */
  long samples() {
    return clean.size();
  }

  /** How many samples fell to this stage of an attack. */
  long felledBy(String stage, String threat, double epsilon) {
    return tally(new AttemptKey(Kind.STAGE, stage, threat, epsilon)).fell;
  }

  Attempt clean(long id) {
    return Objects.requireNonNull(clean.get(id), "attacks come after the clean pass");
  }

  boolean correct(long id) {
    return clean(id).outcome() == Outcome.CORRECT;
  }

  /** The verdict of the first attack of the suite that felled the sample, or null. */
  @Nullable Attempt felled(long id) {
    return felled.get(id);
  }
}
