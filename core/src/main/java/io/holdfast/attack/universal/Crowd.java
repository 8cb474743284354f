package io.holdfast.attack.universal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The samples that one perturbation is made for, and what it does to them. Shapes: m of them, of
 * the n in the task.
 */
final class Crowd {
  private static final int NO_CLASS = -1;

  private final AttackTask task;
  private final int wanted;
  private final int[] members; // positions in the task
  private final Tensor still; // [1, ...], zeros

  private Crowd(AttackTask task, int wanted, int[] members) {
    this.task = task;
    this.wanted = wanted;
    this.members = members;
    still = task.region().clean().slice(0, 0, 1).mul(0);
  }

  /** All samples, with the task's own goal. */
  static Crowd all(AttackTask task) {
    return new Crowd(task, NO_CLASS, IntStream.range(0, task.size()).toArray());
  }

  /** Those of other labels, steered towards a class. */
  static Crowd towards(AttackTask task, int wanted) {
    long[] labels = task.reference().labels().toLongs(); // [n]
    int[] others = IntStream.range(0, labels.length).filter(i -> labels[i] != wanted).toArray();
    return new Crowd(task, wanted, others);
  }

  int size() {
    return members.length;
  }

  /** Whether every one may be asked about that many times more. */
  boolean mayAsk(long queries) {
    return members.length > 0 && task.queriesLeft() >= queries;
  }

  /** A perturbation that changes nothing, {@code [1, ...]}. */
  Tensor nothing() {
    return still.clone();
  }

  /**
   * Where the search for a perturbation begins, {@code [1, ...]}: with nothing, or small noise
   * where the loss has no slope there.
   */
  Tensor start(Loss loss) {
    if (members.length == 0) {
      return nothing();
    }
    int first = parts(members.length, "start", 0).get(0)[0]; // by lot, whatever their order
    return Start.CLEAN.suiting(loss).of(ball(), List.of(task.seeds().get(first)));
  }

  /** Where perturbations live: the ball around nothing, in a domain that does not cut it. */
  Region ball() {
    double width = task.threat().domain().width();
    return ((Additive) task.threat().set()).around(still.clone(), new Domain(-width, width));
  }

  /**
   * All in a new order, in parts of nearly one size. The order follows from a lot that each sample
   * draws, so that the one in which they come does not matter.
   *
   * @param some positions in the task
   * @param most in a part, at least 1
   * @param purpose and number of the order
   */
  List<int[]> parts(int[] some, int most, String purpose, int number) {
    List<Seed> seeds = task.seeds();
    long[] lots = // of those alone, in their order
        Arrays.stream(some)
            .mapToLong(i -> seeds.get(i).split(purpose).split(number).bits())
            .toArray();
    int[] order =
        IntStream.range(0, some.length)
            .boxed()
            .sorted(Comparator.comparingLong(k -> lots[k]))
            .mapToInt(k -> some[k])
            .toArray();
    int count = (order.length + most - 1) / most;
    List<int[]> parts = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      int from = (int) ((long) order.length * part / count);
      int to = (int) ((long) order.length * (part + 1) / count);
      parts.add(Arrays.copyOfRange(order, from, to));
    }
    return parts;
  }

  /** As {@link #parts(int[], int, String, int)}, of all. */
  List<int[]> parts(int most, String purpose, int number) {
    return parts(members, most, purpose, number);
  }

  /** Some of them as a task, for as long as the innermost scope is open. */
  AttackTask part(int... some) {
    return wanted == NO_CLASS ? task.part(some) : task.partTowards(wanted, some);
  }

  /** The inputs of a part, perturbed and clipped to the domain, {@code [m, ...]}. */
  static Tensor moved(AttackTask part, Tensor delta) {
    Domain domain = part.threat().domain();
    return part.region().clean().add(delta).clampInPlace(domain.low(), domain.high());
  }

  /**
   * The gradient of the mean loss of some with respect to the perturbation, {@code [1, ...]}. Where
   * the domain clips a sample it has no part in it. One query and one gradient each.
   */
  Tensor gradient(int[] some, Tensor delta, Loss loss) {
    try (Scope scope = Scope.open()) {
      AttackTask part = part(some);
      Tensor raw = part.region().clean().add(delta); // [m, ...]
      Tensor x = moved(part, delta); // [m, ...]
      InputGradients.Pass pass = part.ascend(x, loss, 1);
      Tensor free = raw.eq(x).to(DType.FLOAT32); // [m, ...] 1 where nothing is clipped
      return scope.keep(pass.gradient().mul(free).sumKeep(0).mulInPlace(1.0 / some.length));
    }
  }

  /** How many of all reach the goal. One query each. */
  int fooled(Tensor delta) {
    try (Scope scope = Scope.open()) {
      AttackTask part = part(members);
      Tensor logits = part.logits(moved(part, delta)); // [m, K]
      double[] margins = Losses.CW.value(logits, part.reference()).toDoubles(); // [m]
      return (int) Arrays.stream(margins).filter(margin -> margin > 0).count();
    }
  }
}
