package io.holdfast.attack;

import io.holdfast.common.Seed;
import java.util.Comparator;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Which other samples of a run an attack on one makes use of: by seeds, ids and labels alone,
 * whatever the order of the samples. Safe for many threads.
 */
final class Companions {
  private static final int[] UNKNOWN = {};
  private static final int DRAWS = 32; // before all are looked through

  private final long[] ids;
  private final int[] labels;
  private volatile int[] byId = UNKNOWN;

  Companions(long[] ids, int[] labels) {
    this.ids = ids;
    this.labels = labels;
  }

  /** Some of those rows, at most so many, in an order that the seed and their ids decide. */
  int[] some(IntPredicate which, int most, Seed seed) {
    return IntStream.range(0, ids.length)
        .filter(which)
        .boxed()
        .sorted(Comparator.comparingLong(row -> seed.split(ids[row]).bits()))
        .limit(most)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** A row of another label than that of {@code row}; -1 where there is none. */
  int ofOtherLabel(int row, Seed seed) {
    int[] rows = byId();
    RandomGenerator random = seed.generator();
    int from = random.nextInt(rows.length);
    for (int draw = 1; draw < DRAWS && labels[rows[from]] == labels[row]; draw++) {
      from = random.nextInt(rows.length);
    }
    for (int i = 0; i < rows.length; i++) { // one of another label is rare where draws failed
      int other = rows[(from + i) % rows.length];
      if (labels[other] != labels[row]) {
        return other;
      }
    }
    return -1;
  }

  /** All rows in the order of their ids; made when first asked for, the same by whomever. */
  private int[] byId() {
    int[] known = byId;
    if (known.length == 0) {
      known =
          IntStream.range(0, ids.length)
              .boxed()
              .sorted(Comparator.comparingLong(row -> ids[row]))
              .mapToInt(Integer::intValue)
              .toArray();
      byId = known;
    }
    return known;
  }
}
