package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Losses;
import io.holdfast.attack.PatchQueries;
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
 * What attacks by scores share: every walk of the task proposes, the model is asked about all
 * proposals in one batch, samples that fell leave, the other walks hear their loss. Shapes: n
 * samples in the task, D values of an image.
 */
final class ScoreSearch {
  private final AttackTask task;
  private final Losses loss;
  private final long[] shape; // [n, C, H, W] at the start
  private List<Walk> walks = new ArrayList<>(); // n

  private ScoreSearch(AttackTask task, Losses loss) {
    this.task = task;
    this.loss = loss;
    shape = task.region().clean().shape();
  }

  /** The best points {@code [n, C, H, W]} of the samples that are left in the task. */
  static Tensor climb(AttackTask task, ScoreAttack<?> attack) {
    ScoreSearch search = new ScoreSearch(task, attack.loss(task.reference().targets() != null));
    int planned = (int) Math.min(attack.queries(), task.queriesLeft());
    search.begin(attack, planned);
    try (PatchQueries queries = task.patchQueries()) {
      for (int query = 0; query < planned && task.size() > 0; query++) {
        search.ask(queries, query);
      }
    }
    return search.batch(walk -> walk.best);
  }

  private void begin(ScoreAttack<?> attack, int planned) {
    Canvas canvas = Canvas.of(task);
    float[] all = task.region().clean().toFloats(); // [n D]
    for (int i = 0; i < task.size(); i++) {
      float[] clean = Arrays.copyOfRange(all, i * canvas.size(), (i + 1) * canvas.size()); // [D]
      walks.add(attack.walk(canvas, planned, clean, task.seeds().get(i).generator()));
    }
  }

  private void ask(PatchQueries queries, int query) {
    try (Scope scope = Scope.open()) {
      walks.forEach(walk -> walk.propose(query));
      Tensor x = batch(walk -> walk.next); // [n, C, H, W]
      Tensor logits = queries.logits(x, changed(), () -> batch(walk -> walk.best)); // [n, K]
      double[] values = loss.value(logits, task.reference()).toDoubles(); // [n]
      boolean[] taken = new boolean[values.length];
      for (int i = 0; i < values.length; i++) {
        taken[i] = walks.get(i).hear(values[i]);
      }
      queries.accept(taken);
      AttackTask.Stay stay = task.settle(x, logits);
      walks = stay.of(walks);
      queries.retain(stay);
    }
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

  private Tensor batch(Function<Walk, float[]> part) {
    long[] now = shape.clone();
    now[0] = walks.size();
    int size = (int) (now[1] * now[2] * now[3]);
    float[] all = new float[walks.size() * size]; // [n D]
    for (int i = 0; i < walks.size(); i++) {
      System.arraycopy(part.apply(walks.get(i)), 0, all, i * size, size);
    }
    return Tensors.of(all, now).to(task.region().clean().device());
  }
}
