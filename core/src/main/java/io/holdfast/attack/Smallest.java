package io.holdfast.attack;

import io.holdfast.attack.AttackRun.Reach;
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
 * refutes, or confirms by so little that another processor's rounding may refute it, is moved a
 * little outwards along its own change until it agrees. Shapes: N samples in the task at first, n
 * those that are left, h those that hit, D components of a sample.
 */
final class Smallest {
  /** How much longer a refuted change becomes, one after the other. */
  private static final double[] OUTWARDS = {0, 1e-5, 1e-4, 1e-3, 1e-2};

  private final Additive ball;
  private final Domain domain;
  private final AttackRun run;
  private final int[] rows; // [N] of the run
  private final Tensor home; // [N, ...] the clean inputs
  private final Tensor points; // [N, ...]
  private final double[] distances; // [N], infinite where no point is known
  private int[] places; // [n] where those that are left were at first

  /**
   * Nothing is known yet.
   *
   * @param rows of the run, one per sample in the task
   * @param clean inputs {@code [N, ...]}, copied
   * @param owner of the copies
   */
  Smallest(
      Additive ball, Domain domain, AttackRun run, int[] rows, Tensor clean, SharedScope owner) {
    this.ball = ball;
    this.domain = domain;
    this.run = run;
    this.rows = rows.clone();
    try (Scope scope = Scope.open()) {
      home = owner.adopt(clean.clone());
      points = owner.adopt(clean.clone());
    }
    distances = new double[rows.length];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
    places = IntStream.range(0, rows.length).toArray();
  }

  /** Only the samples at these positions are left in the task. */
  void retain(long[] positions) {
    int[] before = places;
    places = Arrays.stream(positions).mapToInt(i -> before[(int) i]).toArray();
  }

  /**
   * Takes note of points that the search sees at the goal.
   *
   * @param variables {@code [n, ...]}
   * @param hits positions in the task, ascending
   */
  void note(Tensor variables, int[] hits) {
    try (Scope scope = Scope.open()) {
      int[] at = IntStream.of(hits).map(i -> places[i]).toArray(); // [h]
      noteAt(at, clamped(variables.indexSelect(0, positions(hits))));
    }
  }

  private void noteAt(int[] at, Tensor found) {
    double[] now = lengths(found, positions(at));
    int[] closer = IntStream.range(0, at.length).filter(i -> now[i] < distances[at[i]]).toArray();
    if (closer.length > 0) {
      int[] targets = IntStream.of(closer).map(i -> at[i]).toArray();
      points.indexCopyInPlace(
          0, positions(targets), found.indexSelect(0, positions(closer)).contiguous());
      IntStream.of(closer).forEach(i -> distances[at[i]] = now[i]);
    }
  }

  /**
   * Has the model judge results of the search.
   *
   * @param some positions in the task
   * @param candidates inputs inside the domain, one per position
   */
  void judge(int[] some, Tensor candidates) {
    int[] at = IntStream.of(some).map(i -> places[i]).toArray();
    Reach[] reached = compare(at, candidates, Reach.CLEARLY, false);
    int[] narrow =
        IntStream.range(0, at.length).filter(i -> reached[i] == Reach.NARROWLY).toArray();
    if (narrow.length > 0) {
      Tensor these = candidates.indexSelect(0, positions(narrow));
      noteAt(IntStream.of(narrow).map(i -> at[i]).toArray(), these);
    }
  }

  /** Has the model judge what was noted, also of samples that have left. */
  void confirm() {
    int[] open =
        IntStream.range(0, rows.length).filter(i -> distances[i] < run.smallest(rows[i])).toArray();
    for (int k = 0; k < OUTWARDS.length && open.length > 0; k++) {
      open = refuted(open, OUTWARDS[k], Reach.CLEARLY);
    }
    refuted(open, 0, Reach.NARROWLY);
  }

  /**
   * Has noted points judged, moved outwards by a part of their change; where the model disagrees.
   */
  private int[] refuted(int[] asked, double outwards, Reach least) {
    if (asked.length == 0) {
      return asked;
    }
    try (Scope scope = Scope.open()) {
      Tensor at = positions(asked); // [h]
      Tensor from = home.indexSelect(0, at); // [h, ...]
      Tensor point = points.indexSelect(0, at); // [h, ...]
      Tensor further =
          outwards == 0 ? point : clamped(point.add(point.sub(from), outwards)); // [h, ...]
      Reach[] reached = compare(asked, further, least, true);
      return IntStream.range(0, asked.length)
          .filter(i -> reached[i].compareTo(least) < 0)
          .map(i -> asked[i])
          .toArray();
    }
  }

  private Reach[] compare(int[] at, Tensor candidates, Reach least, boolean seen) {
    int[] asked = IntStream.of(at).map(i -> rows[i]).toArray();
    double[] lengths = lengths(candidates, positions(at));
    return run.compare(asked, ball, candidates, lengths, least, seen);
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
