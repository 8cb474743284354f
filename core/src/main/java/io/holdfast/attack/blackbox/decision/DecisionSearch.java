package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackTask;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What decision-based attacks share: every walk of the task says what it wants to know, the model
 * is asked about all of it together, samples that fell leave, the other walks hear yes or no and go
 * on. Shapes: n samples in the task, m questions of one step, D values of an input, K classes.
 */
final class DecisionSearch {
  /** Inputs per pass of the model at least, where there are as many. */
  private static final int TOGETHER = 128;

  /** Steps after which the task is told what came nearest, where there is no limit. */
  private static final int TOLD = 16;

  private static final int EXAMPLES = 32;
  private static final double ROUNDING = 1e-6;

  private final AttackTask task;
  private final Space space;
  private final long[] shape; // [n, ...] at the start
  private final double radius; // beyond which nothing counts
  private List<Walk> walks = new ArrayList<>(); // n
  private float[] rows = {}; // [m D], reused
  private float[] reached = {}; // [n K], logits at the nearest points, without a limit
  private final BitSet untold = new BitSet(); // n, whose nearest point the task has not been told
  private int steps;

  private DecisionSearch(AttackTask task) {
    this.task = task;
    space = Space.of(task);
    shape = task.region().clean().shape();
    radius = ((Additive) task.threat().set()).epsilon() * (1 + ROUNDING);
  }

  /**
   * The nearest points {@code [n, ...]} of the samples that are left in the task.
   *
   * @param walker the search around one sample
   */
  static Tensor walk(AttackTask task, Effort effort, Function<Site, Walk> walker) {
    DecisionSearch search = new DecisionSearch(task);
    search.begin(effort, walker);
    try {
      while (search.asksOn()) {
        search.ask();
      }
    } finally { // also where time was over
      search.tell();
    }
    return search.batch(search.walks.stream().map(Walk::nearest).toList());
  }

  private void begin(Effort effort, Function<Site, Walk> walker) {
    float[] all = task.region().clean().toFloats(); // [n D]
    for (int i = 0; i < task.size(); i++) {
      float[] clean = Arrays.copyOfRange(all, i * space.size(), (i + 1) * space.size()); // [D]
      walks.add(walk(effort, walker, clean, i));
    }
    walks.forEach(Walk::open);
  }

  private Walk walk(Effort effort, Function<Site, Walk> walker, float[] clean, int position) {
    Seed seed = task.seeds().get(position);
    Walk[] itself = new Walk[1];
    boolean targeted = task.threat().goal().targeted();
    Trails trails =
        new Trails(space, clean, effort.start(), targeted, seed, () -> examples(itself[0]));
    long planned = Math.min(effort.queries(), task.queriesLeft(position));
    itself[0] = walker.apply(new Site(space, clean, seed, planned, task.round(), trails));
    return itself[0];
  }

  /** Inputs {@code [D]} of classes that the goal asks for, the nearest first. */
  private List<float[]> examples(Walk walk) {
    try (Scope scope = Scope.open()) {
      @Nullable Tensor found = task.examples(walks.indexOf(walk), EXAMPLES); // [m, ...]
      if (found == null) {
        return List.of();
      }
      float[] all = found.toFloats(); // [m D]
      List<float[]> examples = new ArrayList<>();
      for (int from = 0; from < all.length; from += space.size()) {
        examples.add(Arrays.copyOfRange(all, from, from + space.size()));
      }
      examples.sort(Comparator.comparingDouble(e -> space.distance(walk.clean, e)));
      return examples;
    }
  }

  private boolean asksOn() {
    return walks.stream().anyMatch(walk -> !walk.questions().isEmpty());
  }

  /** One step of all walks. */
  private void ask() {
    try (Scope scope = Scope.open()) {
      Questions questions = new Questions(walks);
      Tensor logits = logits(questions); // [m, K]
      boolean[] reached = task.reached(logits, questions.owners()); // [m]
      List<boolean[]> answers = new ArrayList<>(); // n
      int[] nearer = new int[walks.size()]; // n, positions among the questions, or -1
      for (int i = 0; i < nearer.length; i++) {
        boolean[] own = Arrays.copyOfRange(reached, questions.first(i), questions.first(i + 1));
        int found = walks.get(i).note(questions.of(i), own);
        nearer[i] = found < 0 ? -1 : questions.first(i) + found;
        answers.add(own);
      }
      AttackTask.Stay stay =
          task.seeksSmallest() ? keep(logits, nearer) : settle(questions, logits, nearer);
      walks = stay.of(walks);
      List<boolean[]> heard = stay.of(answers);
      for (int i = 0; i < heard.size(); i++) {
        walks.get(i).hear(heard.get(i));
      }
    }
  }

  /** {@code [m, K]}, by passes that are small enough for their inputs to stay in the cache. */
  private Tensor logits(Questions questions) {
    int together = Math.max(TOGETHER, walks.size());
    int[] owners = questions.owners();
    List<Tensor> parts = new ArrayList<>();
    for (int from = 0; from < owners.length; from += together) {
      int to = Math.min(owners.length, from + together);
      try (Scope pass = Scope.open()) {
        Tensor x = batch(questions.points().subList(from, to)); // [to - from, ...]
        parts.add(pass.keep(task.logits(x, Arrays.copyOfRange(owners, from, to))));
      }
    }
    return Tensors.cat(parts, 0);
  }

  /** Without a limit nobody leaves: what came nearest is told now and then, and at the end. */
  private AttackTask.Stay keep(Tensor logits, int[] nearer) {
    float[] all = logits.toFloats(); // [m K]
    int classes = Math.toIntExact(logits.size(1));
    reached = reached.length == 0 ? new float[nearer.length * classes] : reached;
    for (int i = 0; i < nearer.length; i++) {
      if (nearer[i] >= 0) {
        System.arraycopy(all, nearer[i] * classes, reached, i * classes, classes);
        untold.set(i);
      }
    }
    steps++;
    if (steps % TOLD == 0) {
      tell();
    }
    return AttackTask.Stay.ALL;
  }

  private void tell() {
    if (untold.isEmpty()) {
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor points = batch(walks.stream().map(Walk::nearest).toList()); // [n, ...]
      Tensor logits = Tensors.of(reached, walks.size(), reached.length / walks.size()); // [n, K]
      task.settle(points, logits.to(points.device()), untold::get);
    }
    untold.clear();
  }

  /**
   * Lets the samples go whose nearest point lies inside the ball.
   *
   * @param nearer for each sample the question that came nearer than all before, or -1
   */
  private AttackTask.Stay settle(Questions questions, Tensor logits, int[] nearer) {
    boolean[] counts = new boolean[nearer.length];
    long[] at = new long[nearer.length];
    List<float[]> points = new ArrayList<>(); // n
    boolean any = false;
    for (int i = 0; i < nearer.length; i++) {
      counts[i] = nearer[i] >= 0 && walks.get(i).distance() <= radius;
      at[i] = Math.max(0, nearer[i]);
      points.add(questions.points().get(Math.max(0, nearer[i])));
      any |= counts[i];
    }
    if (!any) {
      return AttackTask.Stay.ALL;
    }
    Tensor positions = Tensors.of(at, at.length).to(logits.device());
    return task.settle(batch(points), logits.indexSelect(0, positions), i -> counts[i]);
  }

  /** Points {@code [D]} as inputs {@code [m, ...]}. */
  private Tensor batch(List<float[]> points) {
    if (rows.length != points.size() * space.size()) {
      rows = new float[points.size() * space.size()];
    }
    for (int i = 0; i < points.size(); i++) {
      System.arraycopy(points.get(i), 0, rows, i * space.size(), space.size());
    }
    long[] now = shape.clone();
    now[0] = points.size();
    return Tensors.of(rows, now).to(task.region().clean().device());
  }
}
