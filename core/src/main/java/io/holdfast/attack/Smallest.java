package io.holdfast.attack;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Where the threat has no limit: the smallest change of each sample that reached the goal, as the
 * search saw it. At the end of the round the model itself confirms them in float32; a point that it
 * refutes, as points on the boundary may be, is moved a little outwards along its own change until
 * it agrees. Shapes: n samples in the task, h those that hit, D components of a sample.
 */
final class Smallest {
  /** How much longer a refuted change becomes, one after the other. */
  private static final double[] OUTWARDS = {0, 1e-5, 1e-4, 1e-3, 1e-2};

  private final Additive ball;
  private final Domain domain;
  private final Tensor home; // [n, ...] the clean inputs
  private final Tensor points; // [n, ...]
  private final double[] distances; // [n], infinite where no point is known

  /**
   * @param home clean inputs {@code [n, ...]}, which stay as long as this does
   * @param owner of the points
   */
  Smallest(Additive ball, Domain domain, Tensor home, SharedScope owner) {
    this.ball = ball;
    this.domain = domain;
    this.home = home;
    try (Scope scope = Scope.open()) {
      points = owner.adopt(home.clone());
    }
    distances = new double[Math.toIntExact(home.size(0))];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
  }

  /**
   * Takes note of points that the search sees at the goal.
   *
   * @param variables {@code [n, ...]}
   * @param hits positions, ascending
   */
  void note(Tensor variables, int[] hits) {
    try (Scope scope = Scope.open()) {
      Tensor at = positions(hits); // [h]
      Tensor found = clamped(variables.indexSelect(0, at)); // [h, ...]
      double[] now = lengths(found, at);
      int[] closer =
          IntStream.range(0, hits.length).filter(i -> now[i] < distances[hits[i]]).toArray();
      if (closer.length > 0) {
        int[] targets = IntStream.of(closer).map(i -> hits[i]).toArray();
        points.indexCopyInPlace(
            0, positions(targets), found.indexSelect(0, positions(closer)).contiguous());
        IntStream.of(closer).forEach(i -> distances[hits[i]] = now[i]);
      }
    }
  }

  /** Has the model judge what was noted, and {@code results}, those of the search. */
  void confirm(AttackRun run, int[] rows, Tensor results) {
    int[] all = IntStream.range(0, rows.length).toArray();
    judge(run, rows, all, clamped(results));
    int[] open = IntStream.of(all).filter(i -> distances[i] < run.smallest(rows[i])).toArray();
    for (int k = 0; k < OUTWARDS.length && open.length > 0; k++) {
      try (Scope scope = Scope.open()) {
        Tensor at = positions(open); // [h]
        Tensor from = home.indexSelect(0, at); // [h, ...]
        Tensor point = points.indexSelect(0, at); // [h, ...]
        Tensor further = k == 0 ? point : clamped(point.add(point.sub(from), OUTWARDS[k]));
        boolean[] agreed = judge(run, rows, open, further);
        int[] asked = open;
        open =
            IntStream.range(0, asked.length).filter(i -> !agreed[i]).map(i -> asked[i]).toArray();
      }
    }
  }

  private boolean[] judge(AttackRun run, int[] rows, int[] some, Tensor candidates) {
    int[] asked = IntStream.of(some).map(i -> rows[i]).toArray();
    return run.compare(asked, ball, candidates, lengths(candidates, positions(some)));
  }

  private Tensor clamped(Tensor x) {
    return x.clamp(domain.low(), domain.high());
  }

  /** From the clean inputs at these positions, in the ball's norm. */
  private double[] lengths(Tensor x, Tensor at) {
    try (Scope scope = Scope.open()) {
      Tensor change = x.to(DType.FLOAT64).sub(home.indexSelect(0, at).to(DType.FLOAT64));
      return ball.norm().lengths(change.reshape(change.size(0), -1)).toDoubles();
    }
  }

  private Tensor positions(int[] some) {
    long[] wide = Arrays.stream(some).asLongStream().toArray();
    return Tensors.of(wide, wide.length).to(home.device());
  }
}
