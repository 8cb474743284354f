package io.holdfast.common;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What differs between a run and an earlier one that it was to go on with, by name. A difference
 * that another one explains is not reported beside it: with another seed other samples are held
 * out, and the user has changed one thing, not two. Not thread-safe.
 */
public final class Changes {
  private record Change(String now, String earlier) {}

  private final Map<String, Change> found = new LinkedHashMap<>();
  private final Set<String> explained = new LinkedHashSet<>();

  /** Notes a difference, if it is one. */
  public void compare(String name, String now, String earlier) {
    if (!now.equals(earlier)) {
      found.put(name, new Change(now, earlier));
    }
  }

  /**
   * Leaves a difference out if one of its possible causes has changed.
   *
   * @param name of the difference
   * @param causes names; one stands for all below it as well, {@code data} for {@code data.train}
   */
  public void follows(String name, Collection<String> causes) {
    boolean caused =
        found.keySet().stream()
            .anyMatch(
                changed ->
                    causes.stream()
                        .anyMatch(c -> changed.equals(c) || changed.startsWith(c + ".")));
    if (caused) {
      explained.add(name);
    }
  }

  /** Leaves out a difference that repeats another one: the same two values under another name. */
  public void repeats(String name, String original) {
    Change change = found.get(original);
    if (change != null && change.equals(found.get(name))) {
      explained.add(name);
    }
  }

  /** The names that have changed, those with a cause among the others included. */
  public Set<String> names() {
    return Set.copyOf(found.keySet());
  }

  /**
   * Reports what is left, in the order of comparison.
   *
   * @param remark put behind what would have been right; may be empty
   * @param hint what to do about it
   */
  public void report(Problems problems, String remark, @Nullable String hint) {
    found.forEach(
        (name, change) -> {
          if (!explained.contains(name)) {
            problems.add(name, change.now() + remark, change.earlier(), hint);
          }
        });
  }
}
