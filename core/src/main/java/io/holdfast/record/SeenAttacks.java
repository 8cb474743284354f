package io.holdfast.record;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which attacks a model saw in training, as far as that is recorded.
 *
 * @param names names or keys of those that are known
 * @param complete whether they are all; else another attack may have been seen, or not
 */
public record SeenAttacks(Set<String> names, boolean complete) {
  /** Of a model whose training left no record. */
  public static final SeenAttacks UNKNOWN = new SeenAttacks(Set.of(), false);

  public SeenAttacks {
    names = Collections.unmodifiableSet(new LinkedHashSet<>(names));
  }

  /** Those and no others. */
  public static SeenAttacks all(Set<String> names) {
    return new SeenAttacks(names, true);
  }

  /** What a model has seen that first saw these and then those. */
  public SeenAttacks and(SeenAttacks more) {
    Set<String> both = new LinkedHashSet<>(names);
    both.addAll(more.names);
    return new SeenAttacks(both, complete && more.complete);
  }

  /**
   * Whether an attack of this key's name was seen, whatever its parameters.
   *
   * @return null if that is not known
   */
  @Nullable Boolean has(String attackKey) {
    if (names.stream().anyMatch(seen -> name(seen).equals(name(attackKey)))) {
      return true;
    }
    return complete ? false : null;
  }

  private static String name(String key) {
    int bracket = key.indexOf('[');
    return (bracket < 0 ? key : key.substring(0, bracket)).strip();
  }
}
