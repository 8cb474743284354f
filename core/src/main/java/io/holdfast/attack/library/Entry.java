package io.holdfast.attack.library;

import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the library knows of an example, its numbers apart; ordered by id.
 *
 * @param id {@link Content#id}
 * @param shape of one input, such as {@code [C, H, W]}
 * @param label true class, from 0
 * @param prediction the class that the attacked model answers
 * @param confidence its softmax probability, in [0, 1]
 * @param trueConfidence the label's softmax probability, in [0, 1]
 * @param distances of the change in each norm, in double
 * @param threat what the attacker was allowed, with its version
 * @param attack what found it
 * @param model what it fells
 * @param source of the clean input
 * @param date on which it was found
 * @param expires the first day on which it must not be used any more, or null for never
 * @param status what people decided
 */
public record Entry(
    String id,
    List<Integer> shape,
    int label,
    int prediction,
    double confidence,
    double trueConfidence,
    Distances distances,
    ThreatModel threat,
    AttackOrigin attack,
    ModelOrigin model,
    SampleSource source,
    LocalDate date,
    @Nullable LocalDate expires,
    Status status)
    implements Comparable<Entry> {
  public Entry {
    shape = List.copyOf(shape);
  }

  /** Whether it must not be used on that day because of its age. */
  public boolean isExpired(LocalDate today) {
    LocalDate end = expires;
    return end != null && !today.isBefore(end);
  }

  /** Keys and values as {@code docs/library-format.md} has them. */
  public Map<String, Object> toMap() {
    return EntryFormat.map(this);
  }

  /** The same with another status and expiry. */
  Entry with(Status other, @Nullable LocalDate end) {
    return new Entry(
        id,
        shape,
        label,
        prediction,
        confidence,
        trueConfidence,
        distances,
        threat,
        attack,
        model,
        source,
        date,
        end,
        other);
  }

  /**
   * This entry where another library has the same example: the stricter status and the earlier
   * expiry of both; the rest stands.
   */
  Entry merged(Entry other) {
    LocalDate mine = expires;
    LocalDate theirs = other.expires;
    boolean theirsCounts = theirs != null && (mine == null || theirs.isBefore(mine));
    return with(status.stricter(other.status), theirsCounts ? theirs : mine);
  }

  @Override
  public int compareTo(Entry other) {
    return id.compareTo(other.id);
  }
}
