package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.PatchQueries;
import io.holdfast.attack.Reference;
import io.holdfast.model.Patches;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What attacks by scores share: every walk of the task makes the proposals that it can make without
 * an answer, the model is asked about all of them in one batch, samples that fell leave, the other
 * walks hear their losses. All walks make equally many at a time; one that is at its end leaves
 * alone. Shapes: n samples in the task, m proposals of each, D values of an image, K classes.
 */
final class ScoreSearch {
  private static final int MOST = 1 << 19; // values of a sample in a batch

  private final AttackTask task;
  private final Loss loss;
  private final long[] shape; // [n, C, H, W] at the start
  private final int size; // D
  private List<Walk> walks = new ArrayList<>(); // n
  private List<Integer> plans = new ArrayList<>(); // n, queries of each
  private float[] batch = {}; // [m n D], reused
  private boolean[] counts = {}; // [m n], reused

  private ScoreSearch(AttackTask task, Loss loss) {
    this.task = task;
    this.loss = loss;
    shape = task.region().clean().shape();
    size = (int) (shape[1] * shape[2] * shape[3]);
  }

  /** The best points {@code [n, C, H, W]} of the samples that are left in the task. */
  static Tensor climb(AttackTask task, ScoreAttack<?> attack) {
    ScoreSearch search = new ScoreSearch(task, attack.loss(task.reference().targets() != null));
    search.begin(attack);
    try (PatchQueries queries = task.patchQueries()) {
      int asked = 1;
      for (int query = 0; asked > 0 && task.size() > 0; query += asked) {
        asked = search.ask(queries, query);
      }
    }
    return search.points(walk -> walk.best);
  }

  private void begin(ScoreAttack<?> attack) {
    Canvas canvas = Canvas.of(task);
    float[] all = task.region().clean().toFloats(); // [n D]
    for (int i = 0; i < task.size(); i++) {
      float[] clean = Arrays.copyOfRange(all, i * size, (i + 1) * size); // [D]
      int planned = (int) Math.min(attack.queries(), task.queriesLeft(i));
      plans.add(planned);
      walks.add(attack.walk(canvas, planned, clean, task.seeds().get(i).generator()));
    }
  }

  /** Asks about as many proposals per sample as can be; their number, 0 if all are at their end. */
  private int ask(PatchQueries queries, int query) {
    int[] open = open(query); // [n]
    if (Arrays.stream(open).allMatch(i -> i == 0)) {
      return 0;
    }
    leave(queries, open);
    int fewest = Arrays.stream(open).filter(i -> i > 0).min().orElse(0);
    int points = Math.min(Math.max(1, MOST / size), fewest);
    try (Scope scope = Scope.open()) {
      propose(query, points);
      Tensor x = tensor(batch, points); // [m n, C, H, W]
      Tensor logits = logits(queries, x, points); // [m n, K]
      Reference reference = task.reference().times(points);
      double[] values = loss.value(logits, reference).toDoubles(); // [m n]
      boolean[] taken = new boolean[walks.size()];
      for (int i = 0; i < values.length; i++) {
        Walk walk = walks.get(i % taken.length);
        counts[i] &= walk.suffices(values[i]);
        taken[i % taken.length] |= walk.hear(values[i]);
      }
      queries.accept(taken);
      AttackTask.Stay stay = settle(x, logits, points == 1 ? null : nearest(logits, reference));
      retain(queries, stay);
    }
    return points;
  }

  /** How many proposals each walk can make now, {@code [n]}; 0 where it is at its end. */
  private int[] open(int query) {
    int[] open = new int[walks.size()];
    Arrays.setAll(open, i -> Math.min(plans.get(i) - query, walks.get(i).ahead()));
    return open;
  }

  /** Those that can make none leave. */
  private void leave(PatchQueries queries, int[] open) {
    if (Arrays.stream(open).anyMatch(i -> i == 0)) {
      try (Scope scope = Scope.open()) {
        retain(queries, task.leave(points(walk -> walk.best), i -> open[i] == 0));
      }
    }
  }

  private void retain(PatchQueries queries, AttackTask.Stay stay) {
    walks = stay.of(walks);
    plans = stay.of(plans);
    queries.retain(stay);
  }

  private Tensor logits(PatchQueries queries, Tensor x, int points) {
    return points == 1
        ? queries.logits(x, changed(), () -> points(walk -> walk.best))
        : task.logits(x, points);
  }

  /** Where the proposals change the best points, if each does so in a square of one size. */
  private @Nullable Patches changed() {
    int[] rows = new int[walks.size()];
    int[] columns = new int[walks.size()];
    int side = 0;
    for (int i = 0; i < rows.length; i++) {
      Walk.Window window = walks.get(i).changed;
      if (window == null || (i > 0 && window.side() != side)) {
        return null;
      }
      side = window.side();
      rows[i] = window.row();
      columns[i] = window.column();
    }
    return new Patches(rows, columns, side, side);
  }

  private void propose(int query, int points) {
    int rows = points * walks.size();
    if (batch.length != rows * size) {
      batch = new float[rows * size];
      counts = new boolean[rows];
    }
    for (int row = 0; row < rows; row++) {
      Walk walk = walks.get(row % walks.size());
      walk.propose(query + row / walks.size());
      System.arraycopy(walk.next, 0, batch, row * size, size);
      counts[row] = walk.counts();
    }
  }

  /** For each sample the row of the proposal nearest to the goal among those that count. */
  private long[] nearest(Tensor logits, Reference reference) {
    double[] margins = Losses.CW.value(logits, reference).toDoubles(); // [m n]
    long[] rows = new long[walks.size()];
    Arrays.setAll(rows, i -> i);
    for (int row = walks.size(); row < margins.length; row++) {
      int sample = row % walks.size();
      int before = (int) rows[sample];
      if (counts[row] && (!counts[before] || margins[row] > margins[before])) {
        rows[sample] = row;
      }
    }
    return rows;
  }

  /**
   * @param rows the proposal of each sample that may count; null where each has one alone
   */
  private AttackTask.Stay settle(Tensor x, Tensor logits, long @Nullable [] rows) {
    if (rows == null) {
      return task.settle(x, logits, i -> counts[i]);
    }
    Tensor at = Tensors.of(rows, rows.length).to(x.device()); // [n]
    Tensor chosen = x.indexSelect(0, at); // [n, C, H, W]
    return task.settle(chosen, logits.indexSelect(0, at), i -> counts[(int) rows[i]]);
  }

  /** One point of each walk, {@code [n, C, H, W]}. */
  private Tensor points(Function<Walk, float[]> part) {
    float[] all = new float[walks.size() * size]; // [n D]
    for (int i = 0; i < walks.size(); i++) {
      System.arraycopy(part.apply(walks.get(i)), 0, all, i * size, size);
    }
    return tensor(all, 1);
  }

  private Tensor tensor(float[] values, int points) {
    long[] now = shape.clone();
    now[0] = (long) points * walks.size();
    return Tensors.of(values, now).to(task.region().clean().device());
  }
}
