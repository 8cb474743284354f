package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * One run of FAB (Croce and Hein 2020, algorithm 1). The points may leave the ball, never the box;
 * they count once they are inside both. Shapes: n samples in the task, D components of a sample.
 */
final class BoundaryWalk {
  /** A step as long as this at least, so that none is divided by 0. */
  private static final double SHORTEST = 1e-8;

  private static final double ROUNDING = 1e-6;

  /** How far before the boundary a point counts where classes tie, in logits, so that it moves. */
  private static final double TIE = 1e-4;

  private final AttackTask task;
  private final Fab settings;
  private final Norm norm;
  private final double epsilon;
  private final Domain domain;
  private Tensor x; // [n, ...] the point

  BoundaryWalk(AttackTask task, Fab settings, boolean fromClean) {
    Additive ball = (Additive) task.threat().set();
    this.task = task;
    this.settings = settings;
    norm = ball.norm();
    epsilon = ball.epsilon();
    domain = task.threat().domain();
    x = fromClean ? task.region().origin() : randomStart();
  }

  /** At random half as far away as the smallest perturbation known. */
  private Tensor randomStart() {
    Tensor start = task.region().origin(); // [n, ...]
    double[] known = task.smallest();
    try (Scope scope = Scope.open()) {
      List<Seed> seeds = task.seeds();
      for (int i = 0; i < seeds.size(); i++) {
        try (Scope each = Scope.open()) {
          Tensor row = start.select(0, i); // [...]
          Rng rng = Rng.of(seeds.get(i));
          Tensor drawn = norm == Norm.LINF ? rng.uniform(-1, 1, 1, row.count()) : normal(rng, row);
          double length = Math.max(norm.lengths(drawn).item(), Float.MIN_NORMAL);
          row.addInPlace(
              drawn.view(row.shape()).to(row.device()), least(known[i], row) / 2 / length);
        }
      }
      start.clampInPlace(domain.low(), domain.high());
    }
    return start;
  }

  /**
   * What the smallest perturbation is at most: epsilon, since samples for which a smaller one is
   * known have fallen; without a limit the smallest that was found, or what the box admits.
   */
  private double least(double known, Tensor row) {
    double within = Math.min(epsilon, known);
    return Double.isFinite(within)
        ? within
        : norm.lengths(Tensors.full(domain.width(), 1, row.count())).item();
  }

  private static Tensor normal(Rng rng, Tensor row) {
    return rng.normal(1, row.count()); // [1, D]
  }

  /**
   * The clean inputs {@code [n, ...]} of the samples that are left in the task: nothing that was
   * found for them lies inside the ball. A step costs one gradient per boundary and two queries.
   */
  Tensor walk() {
    for (int k = 0; k < settings.steps() && goesOn(); k++) {
      try (Scope step = Scope.open()) {
        move(Boundary.nearest(task, x, norm)); // Croce and Hein 2020, equation 7
        look();
      }
    }
    return task.region().origin();
  }

  private boolean goesOn() {
    return task.size() > 0 && task.queriesLeft() >= 2;
  }

  /**
   * Goes beyond the boundary by {@link Fab#eta} from the point and from the clean input, and takes
   * the mean of both, the more of the latter the nearer that is to the boundary (Croce and Hein
   * 2020, equations 8 to 10).
   */
  private void move(Boundary boundary) {
    Tensor here = flat(x); // [n, D]
    Tensor home = flat(task.region().clean()); // [n, D]
    long n = here.size(0);
    Tensor w = boundary.slopes(); // [n, D]
    Tensor tied = boundary.value().eq(0).to(DType.FLOAT64); // [n, 1] on the boundary itself
    Tensor value =
        boundary.value().sub(tied.mul(TIE)); // [n, 1] which is before it, so that it moves
    Tensor atHome = value.add(home.sub(here).mul(w).sumKeep(1)); // [n, 1]
    Tensor both =
        Hyperplane.reach(
            norm,
            Tensors.cat(List.of(here, home), 0), // [2n, D]
            Tensors.cat(List.of(w, w), 0), // [2n, D]
            Tensors.cat(List.of(value, atHome), 0), // [2n, 1]
            domain);
    Tensor lengths = norm.lengths(both).clampMin(SHORTEST); // [2n, 1]
    Tensor near = lengths.slice(0, 0, n); // [n, 1]
    Tensor far = lengths.slice(0, n, 2 * n); // [n, 1]
    Tensor alpha = near.div(near.add(far)).clampMax(settings.alphaMax()); // [n, 1]
    Tensor fromHere = here.add(both.slice(0, 0, n), settings.eta()); // [n, D]
    Tensor fromHome = home.add(both.slice(0, n, 2 * n), settings.eta()); // [n, D]
    Tensor next = fromHere.add(fromHome.sub(fromHere).mul(alpha)); // [n, D]
    x.copyFrom(next.clampInPlace(domain.low(), domain.high()).view(x.shape()));
  }

  /** Takes note of points that reach the goal and goes back from them towards the clean input. */
  private void look() {
    Tensor logits = task.logits(x); // [n, K]
    double[] distances = norm.lengths(flat(x).sub(flat(task.region().clean()))).toDoubles();
    boolean[] reached = task.reached(logits, IntStream.range(0, task.size()).toArray());
    double inside = epsilon * (1 + ROUNDING);
    AttackTask.Stay stay = task.settle(x, logits, i -> reached[i] && distances[i] <= inside);
    x = stay.moveUp(x);
    if (task.size() == 0) {
      return;
    }
    double[] now =
        stay.of(
            IntStream.range(0, reached.length)
                .mapToDouble(i -> reached[i] ? distances[i] : Double.POSITIVE_INFINITY)
                .toArray());
    Tensor home = task.region().clean(); // [n, ...]
    Tensor back = x.sub(home).mulInPlace(settings.beta()).addInPlace(home); // [n, ...]
    x.copyFrom(Tensors.where(column(i -> Double.isFinite(now[i])), back, x));
  }

  /** One truth per sample, {@code [n, 1, ...]}, which broadcasts to the inputs. */
  private Tensor column(IntPredicate truth) {
    boolean[] values = new boolean[task.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = truth.test(i);
    }
    return Tensors.of(values, Tensors.perSample(x)).to(x.device());
  }

  /** {@code [n, ...]} as {@code [n, D]}, float64. */
  private static Tensor flat(Tensor t) {
    return t.reshape(t.size(0), -1).to(DType.FLOAT64);
  }
}
