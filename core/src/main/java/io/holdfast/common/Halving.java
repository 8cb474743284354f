package io.holdfast.common;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Races in which of a field a third goes on from rung to rung, each of which lets it do more.
 *
 * @param rungs how much has been done at the end of each, ascending
 * @param standing how a runner does where it stands
 * @param strongest the stronger first; equals in the order in which they began
 * @param <T> a runner
 * @param <S> how one does
 */
public record Halving<T, S>(List<Integer> rungs, Function<T, S> standing, Comparator<S> strongest) {
  /** Of so many that have reached a rung one goes on. */
  public static final int ETA = 3;

  public Halving {
    rungs = List.copyOf(rungs);
  }

  /** Lets a runner go on. */
  @FunctionalInterface
  public interface Extension<T> {
    /**
     * Lets it go on.
     *
     * @param to how much is done afterwards
     * @return false where there is no budget left for that: the race ends
     */
    boolean extend(T runner, int to);

    /** Whether a runner that is strong enough can go on at all. */
    default boolean canGoOn(T runner) {
      return true;
    }
  }

  /** A ninth, a third and all of it, rounded up, without repetitions. */
  public static List<Integer> rungs(int all) {
    return rungs(all, (all + ETA * ETA - 1) / (ETA * ETA));
  }

  /** From at least so much, in steps of three times as much, up to all of it. */
  public static List<Integer> rungs(int all, int least) {
    Set<Integer> rungs = new TreeSet<>();
    int size = all;
    for (long part = 1; size >= Math.min(least, all); part *= ETA) {
      size = (int) ((all + part - 1) / part);
      if (size >= Math.min(least, all) && !rungs.add(size)) {
        break;
      }
    }
    return List.copyOf(rungs);
  }

  /** How many of a field that runs together go on: a third, rounded up (the paper rounds down). */
  public static int survivors(int field) {
    return (field + ETA - 1) / ETA;
  }

  /** Successive halving of a field (Jamieson and Talwalkar 2016, algorithm 1). */
  public void race(List<T> field, Extension<T> extension) {
    List<T> running = List.copyOf(field);
    for (int rung : rungs) {
      for (T runner : running) {
        if (!extension.extend(runner, rung)) {
          return;
        }
      }
      running =
          running.stream()
              .sorted(Comparator.comparing(standing, strongest))
              .limit(survivors(running.size()))
              .filter(extension::canGoOn)
              .toList();
    }
  }

  /**
   * ASHA (Li et al. 2020, algorithm 2) with a single worker: the highest rung of whose best third
   * one has not gone on lets it go on; where there is none, a new runner begins. In a rung all
   * stand as they did when they reached it, wherever they are now. What happens depends on outcomes
   * alone.
   *
   * @param next new runners, as long as there are any
   */
  public void successively(Supplier<Optional<T>> next, Extension<T> extension) {
    List<Map<T, S>> reached = new ArrayList<>(); // of each rung
    rungs.forEach(rung -> reached.add(new LinkedHashMap<>()));
    while (true) {
      int rung = 0;
      Optional<T> runner = Optional.empty();
      for (int k = rungs.size() - 2; k >= 0 && runner.isEmpty(); k--) {
        int above = k + 1;
        runner =
            reached.get(k).entrySet().stream()
                .sorted(Map.Entry.comparingByValue(strongest))
                .limit(reached.get(k).size() / ETA)
                .map(Map.Entry::getKey)
                .filter(r -> !reached.get(above).containsKey(r))
                .filter(extension::canGoOn)
                .findFirst();
        rung = runner.isPresent() ? above : 0;
      }
      if (runner.isEmpty()) {
        runner = next.get();
      }
      if (runner.isEmpty() || !extension.extend(runner.get(), rungs.get(rung))) {
        return;
      }
      reached.get(rung).put(runner.get(), standing.apply(runner.get()));
    }
  }
}
