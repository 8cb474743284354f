package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The way of a search for the smallest change: where it is, the shortest change known that reaches
 * the goal, and everything that it remembers of each sample. Points may leave the ball, never the
 * box. With every look, points that reach the goal are reported to the task; samples that leave it
 * then take their rows with them. Shapes: n samples in the task, D components of a sample.
 */
final class Trail {
  /** By which part of epsilon a change may be longer, for the rounding of its length. */
  private static final double ROUNDING = 1e-6;

  private final AttackTask task;
  private final Norm norm;
  private final double epsilon;
  private final Domain domain;
  private final double confidence;
  private final @Nullable UnaryOperator<Tensor> measure;
  private final List<Rows> rows = new ArrayList<>();
  private final Rows x; // [n, D] the points
  private final Rows best; // [n, D] the points of the shortest changes known
  private final Rows shortest; // [n, 1] their lengths, infinite where none is known

  /** At the clean inputs. */
  Trail(AttackTask task) {
    this(task, 0, null);
  }

  /**
   * At the clean inputs.
   *
   * @param confidence a point reaches the goal if its margin is larger, at least 0
   * @param measure from changes {@code [n, D]} to what is smallest, {@code [n, 1]}; null for the
   *     threat's norm. Where any size of change will do, only points of a smaller measure than all
   *     before them are reported
   */
  Trail(AttackTask task, double confidence, @Nullable UnaryOperator<Tensor> measure) {
    this.confidence = confidence;
    this.measure = measure;
    Additive ball = (Additive) task.threat().set();
    this.task = task;
    norm = ball.norm();
    epsilon = ball.epsilon();
    domain = task.threat().domain();
    x = remember(clean());
    best = remember(clean());
    shortest = remember(1, Double.POSITIVE_INFINITY);
  }

  // ---- what is remembered

  /** Rows that begin with these values, {@code [n, W]}. */
  Rows remember(Tensor initial) {
    Rows own = new Rows(initial);
    rows.add(own);
    return own;
  }

  /** Rows of this width that begin with one value. */
  Rows remember(long width, double value) {
    return remember(Tensors.full(value, task.size(), width).to(task.region().clean().device()));
  }

  // ---- where it is

  AttackTask task() {
    return task;
  }

  Norm norm() {
    return norm;
  }

  Domain domain() {
    return domain;
  }

  /** Number of components D. */
  long dimensions() {
    return clean().size(1);
  }

  /** {@code [n, D]}. */
  Tensor clean() {
    return flat(task.region().clean());
  }

  /** {@code [n, D]}. */
  Tensor point() {
    return x.get();
  }

  /** What the shortest changes known that reach the goal measure, {@code [n, 1]}, or infinity. */
  Tensor shortest() {
    return shortest.get();
  }

  /** How long a change inside the box may be, {@code [n, 1]}. */
  Tensor longest() {
    Tensor clean = clean(); // [n, D]
    Tensor up = clean.neg().addInPlace(domain.high()); // [n, D]
    return norm.lengths(up.maximum(clean.sub(domain.low())));
  }

  /** What the box leaves of changes from the clean inputs, {@code [n, D]}. */
  Tensor inBox(Tensor change) {
    Tensor clean = clean(); // [n, D]
    return clean.add(change).clampInPlace(domain.low(), domain.high()).subInPlace(clean);
  }

  /** Goes to {@code clean + change}, clipped to the box; {@code [n, D]}. */
  void changeTo(Tensor change) {
    goTo(clean().add(change));
  }

  /** Goes to these points, clipped to the box; {@code [n, D]}. */
  void goTo(Tensor points) {
    x.set(points.clamp(domain.low(), domain.high()));
  }

  // ---- looking

  /**
   * Whether samples are left that may be asked about this many times more. Those that may not leave
   * with the result that {@link #end} would give, if there are others.
   */
  boolean goesOn(int queries) {
    if (task.size() == 0 || task.queriesLeft() >= queries) {
      return task.size() > 0;
    }
    int[] spent = positions(i -> task.queriesLeft(i) < queries);
    if (spent.length == task.size()) {
      return false;
    }
    try (Scope scope = Scope.open()) {
      int[] last = positions(i -> task.queriesLeft(i) < queries && task.queriesLeft(i) > 0);
      if (last.length > 0) {
        look(last, Tensors.zeros(task.size(), task.classes()).to(x.get().device()));
      }
      leave(i -> task.queriesLeft(i) < queries);
    }
    return task.size() > 0;
  }

  boolean isEmpty() {
    return task.size() == 0;
  }

  /** One gradient per sample, at the present points. */
  Slope look(Loss loss) {
    InputGradients.Pass pass = task.ascend(inputs(x.get()), loss, 1);
    Seen seen = note(x.get(), pass.logits());
    return new Slope(seen.look(), seen.stay().of(flat(pass.gradient())));
  }

  /**
   * One gradient per sample, at points {@code [n, D]} that may leave the box: they count for
   * nothing, so that nobody leaves.
   */
  Slope slope(Rows points, Loss loss) {
    InputGradients.Pass pass = task.ascend(inputs(points.get()), loss, 1);
    return new Slope(seen(points.get(), pass.logits()), flat(pass.gradient()));
  }

  /** The present points as the model takes them, {@code [n, ...]}. */
  Tensor inputs() {
    return inputs(x.get());
  }

  /** One query per sample, at the present points. */
  Look look() {
    Tensor logits = task.logits(inputs(x.get())); // [n, K]
    return note(x.get(), logits).look();
  }

  /**
   * One query for each of some samples, at the present points. The others are where they were when
   * they were last looked at, and are not reported again.
   *
   * @param asked positions in the task, ascending, at least one
   * @param before logits of the others then, {@code [n, K]}
   */
  Look look(int[] asked, Tensor before) {
    if (asked.length == task.size()) {
      return look();
    }
    Tensor at = positions(asked); // [m]
    Tensor some = task.part(asked).logits(inputs().indexSelect(0, at)); // [m, K]
    Tensor logits = before.clone().indexCopyInPlace(0, at, some); // [n, K]
    boolean[] told = new boolean[task.size()];
    IntStream.of(asked).forEach(i -> told[i] = true);
    return note(x.get(), logits, i -> told[i]).look();
  }

  private int[] positions(IntPredicate which) {
    return IntStream.range(0, task.size()).filter(which).toArray();
  }

  /**
   * Positions in the task, ascending.
   *
   * @param which {@code [n, 1]}, bool
   */
  int[] positions(Tensor which) {
    boolean[] these = which.toBooleans();
    return positions(i -> these[i]);
  }

  /** {@code [m]}, where the points are. */
  Tensor positions(int[] some) {
    return Tensors.of(IntStream.of(some).asLongStream().toArray(), some.length)
        .to(x.get().device());
  }

  private record Seen(Look look, AttackTask.Stay stay) {}

  private Look seen(Tensor points, Tensor logits) {
    Tensor change = points.sub(clean()); // [n, D]
    Tensor margin = Losses.CW.value(logits, task.reference()).unsqueeze(1); // [n, 1]
    return new Look(logits, change, norm.lengths(change), margin, margin.gt(confidence));
  }

  private Seen note(Tensor points, Tensor logits) {
    return note(points, logits, i -> true);
  }

  /**
   * @param asked whether a position's sample was asked about
   */
  private Seen note(Tensor points, Tensor logits, IntPredicate asked) {
    Look look = seen(points, logits);
    Tensor length = look.length(); // [n, 1]
    Tensor reached = look.reached(); // [n, 1]
    Tensor size = measure == null ? length : measure.apply(look.change()); // [n, 1]
    Tensor shorter = reached.and(size.lt(shortest.get())); // [n, 1]
    best.set(shorter, points);
    shortest.set(shorter, size);
    boolean recordsAlone = measure != null && Double.isInfinite(epsilon);
    Tensor reported = recordsAlone ? shorter : reached; // [n, 1]
    boolean[] counts = reported.and(length.le(epsilon * (1 + ROUNDING))).toBooleans();
    AttackTask.Stay stay = task.settle(inputs(points), logits, i -> counts[i] && asked.test(i));
    rows.forEach(r -> r.retain(stay));
    return new Seen(look.of(stay), stay);
  }

  // ---- the whole way

  /** What the next change from the clean inputs is, {@code [n, D]}. */
  interface Move {
    Tensor change(int step, Slope slope);
  }

  /**
   * One gradient per step and a last look.
   *
   * @return as {@link #end}
   */
  Tensor follow(int steps, Loss loss, Move move) {
    for (int k = 0; k < steps && goesOn(1); k++) {
      try (Scope step = Scope.open()) {
        Slope slope = look(loss);
        if (!isEmpty()) {
          changeTo(move.change(k, slope));
        }
      }
    }
    return end();
  }

  /**
   * A last look at the present points, where queries are left.
   *
   * @return for those that are left in the task the point of the shortest change known, or the
   *     present one: {@code [n, ...]}
   */
  Tensor end() {
    if (goesOn(1)) {
      try (Scope scope = Scope.open()) {
        look();
      }
    }
    return result();
  }

  /**
   * Lets samples go that have nothing left to do, with the result that {@link #end} would give.
   *
   * @param done {@code [n, 1]}, bool
   * @return who stays
   */
  AttackTask.Stay leave(Tensor done) {
    boolean[] leaves = done.toBooleans();
    return leave(i -> leaves[i]);
  }

  private AttackTask.Stay leave(IntPredicate done) {
    AttackTask.Stay stay = task.leave(result(), done);
    rows.forEach(r -> r.retain(stay));
    return stay;
  }

  private Tensor result() {
    Tensor known = shortest.get().isFinite(); // [n, 1]
    return inputs(Tensors.where(known, best.get(), x.get()));
  }

  /** {@code [n, D]} as {@code [n, ...]}. */
  private Tensor inputs(Tensor points) {
    return points.view(task.region().clean().shape());
  }

  /** {@code [n, ...]} as {@code [n, D]}. */
  private static Tensor flat(Tensor t) {
    return t.reshape(t.size(0), -1);
  }
}
