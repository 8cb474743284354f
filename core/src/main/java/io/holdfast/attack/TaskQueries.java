package io.holdfast.attack;

import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * How an attack asks the model about the samples of its task: every question is counted before it
 * is put, and what comes back is checked to be finite. Used by one thread. Shapes: n samples in the
 * task, K classes.
 */
abstract sealed class TaskQueries permits AttackTask {
  final AttackRun run;
  final Region region;
  int[] rows; // of the run, one per sample in the task
  Reference reference;

  TaskQueries(AttackRun run, Region region, int[] rows, Reference reference) {
    this.run = run;
    this.region = region;
    this.rows = rows.clone();
    this.reference = reference;
  }

  /** Stable ids of the samples in the task. */
  public long[] ids() {
    return run.ids(rows);
  }

  /** Forward passes that every sample in the task may still spend. */
  public long queriesLeft() {
    return run.queriesLeft(rows);
  }

  /**
   * Logits {@code [n, K]} of the inputs that the variables stand for, in the precision of the
   * search. One query per sample.
   */
  public Tensor logits(Tensor variables) {
    return logits(variables, 1);
  }

  /**
   * Logits of several points per sample. As many queries per sample as points.
   *
   * @param variables {@code [m n, ...]}: m times one for each of the n samples in the task
   * @return {@code [m n, K]}
   */
  public Tensor logits(Tensor variables, int points) {
    if (variables.size(0) != (long) points * rows.length) {
      throw new IllegalArgumentException(
          variables.size(0) + " rows are not " + points + " for each of " + rows.length);
    }
    run.spend(rows, points, 0);
    int together =
        Math.max(1, 2 * AttackDriver.SHARD / Math.max(1, rows.length)); // points per pass
    List<Tensor> parts = new ArrayList<>();
    for (int from = 0; from < points; from += together) {
      parts.add(logitsOf(variables, from, Math.min(points, from + together)));
    }
    return parts.size() == 1 ? parts.get(0) : Tensors.cat(parts, 0);
  }

  /** One pass over the points {@code from} to {@code to} of every sample. */
  private Tensor logitsOf(Tensor variables, int from, int to) {
    List<Tensor> inputs = new ArrayList<>();
    for (long point = from; point < to; point++) {
      Tensor one = variables.slice(0, point * rows.length, (point + 1) * rows.length);
      inputs.add(region.apply(one)); // [n, ...]
    }
    Tensor all = inputs.size() == 1 ? inputs.get(0) : Tensors.cat(inputs, 0);
    Tensor logits = run.gradients().logits(all); // [(to - from) n, K]
    Finite.require(logits, "logit", repeated(ids(), to - from), run.where());
    return logits;
  }

  private static long[] repeated(long[] ids, int times) {
    long[] all = new long[ids.length * times];
    Arrays.setAll(all, i -> ids[i % ids.length]);
    return all;
  }

  /** One query per sample. */
  Tensor counted(Supplier<Tensor> query) {
    run.spend(rows, 1, 0);
    Tensor logits = query.get();
    Finite.require(logits, "logit", ids(), run.where());
    return logits;
  }

  /**
   * Logits of any number of inputs, each of which is about one of the samples; in the precision of
   * the search. One query each.
   *
   * @param inputs {@code [m, ...]}
   * @param owners positions of the samples in the task that they are about, m
   * @return {@code [m, K]}
   */
  public Tensor logits(Tensor inputs, int[] owners) {
    int[] asked = Arrays.stream(owners).map(i -> rows[i]).toArray();
    run.spend(asked, 1, 0);
    Tensor logits = run.gradients().logits(inputs);
    Finite.require(logits, "logit", run.ids(asked), run.where());
    return logits;
  }

  /**
   * Which of the inputs reach the threat model's goal, as these logits have it.
   *
   * @param logits {@code [m, K]}
   * @param owners positions of the samples in the task that they are about, m
   */
  public boolean[] reached(Tensor logits, int[] owners) {
    return run.reached(Arrays.stream(owners).map(i -> rows[i]).toArray(), logits);
  }

  /** Forward passes that one sample in the task may still spend. */
  public long queriesLeft(int position) {
    return run.queriesLeft(new int[] {rows[position]});
  }

  /**
   * Logits and the gradient of the summed loss with respect to the variables. One query and one
   * gradient per sample and repetition.
   *
   * @param repetitions how often the pass is made and averaged, for models that draw random numbers
   *     (EOT, Athalye et al. 2018, section 4.2); logits are averaged too
   */
  public InputGradients.Pass ascend(Tensor variables, Loss loss, int repetitions) {
    return ascend(variables, loss, Collections.nCopies(repetitions, View.PLAIN));
  }

  /**
   * As {@link #ascend(Tensor, Loss, int)}, averaged over several views of the inputs; so are the
   * logits, which are those of what the model saw.
   *
   * @param views at least one; one query and one gradient per sample each
   */
  public InputGradients.Pass ascend(Tensor variables, Loss loss, List<View> views) {
    try (Scope scope = Scope.open()) {
      InputGradients.Pass total = pass(variables, loss, views.get(0));
      for (View view : views.subList(1, views.size())) {
        InputGradients.Pass next = pass(variables, loss, view);
        total.logits().addInPlace(next.logits());
        total.gradient().addInPlace(next.gradient());
      }
      if (views.size() > 1) {
        total.logits().mulInPlace(1.0 / views.size());
        total.gradient().mulInPlace(1.0 / views.size());
      }
      return new InputGradients.Pass(scope.keep(total.logits()), scope.keep(total.gradient()));
    }
  }

  /**
   * Gradients of several losses at the same variables, one after the other. One query per sample,
   * since the model is asked about one point, and one gradient for each loss.
   *
   * @param each takes the loss's logits and gradient, in their order; they live until it returns
   */
  public void ascend(
      Tensor variables, List<? extends Loss> losses, BiConsumer<Loss, InputGradients.Pass> each) {
    run.spend(rows, 1, losses.size());
    Tensor inputs = region.apply(variables); // [n, ...]
    List<UnaryOperator<Tensor>> cotangents = new ArrayList<>();
    losses.forEach(loss -> cotangents.add(z -> loss.cotangent(z, reference)));
    Iterator<? extends Loss> next = losses.iterator();
    run.gradients()
        .passes(
            inputs,
            cotangents,
            pass -> {
              requireFinite(pass);
              Tensor gradient = region.pullBack(variables, pass.gradient());
              each.accept(next.next(), new InputGradients.Pass(pass.logits(), gradient));
            });
  }

  private InputGradients.Pass pass(Tensor variables, Loss loss, View view) {
    run.spend(rows, 1, 1);
    Tensor inputs = region.apply(variables); // [n, ...]
    InputGradients.Pass pass = view == View.PLAIN ? seen(inputs, loss) : seen(inputs, loss, view);
    return new InputGradients.Pass(pass.logits(), region.pullBack(variables, pass.gradient()));
  }

  private InputGradients.Pass seen(Tensor inputs, Loss loss) {
    InputGradients.Pass pass = run.gradients().pass(inputs, z -> loss.cotangent(z, reference));
    requireFinite(pass);
    return pass;
  }

  private void requireFinite(InputGradients.Pass pass) {
    Finite.require(pass.logits(), "logit", ids(), run.where());
    Finite.require(pass.gradient(), "input gradient", ids(), run.where());
  }

  private InputGradients.Pass seen(Tensor inputs, Loss loss, View view) {
    Tensor leaf = inputs.asLeaf(); // [n, ...]
    Tensor seen = view.of(leaf); // [n, ...]
    InputGradients.Pass pass = seen(seen.detach(), loss);
    return new InputGradients.Pass(
        pass.logits(), Autograd.vjp(seen, leaf, pass.gradient())); // [n, ...]
  }

  /**
   * The value of a named layer {@code [n, ...]} for other inputs than the samples, such as guides,
   * one for each. One query per sample.
   *
   * @param inputs {@code [n, ...]}
   * @throws io.holdfast.common.InvalidInputException if the model has no such layer
   */
  public Tensor activation(Tensor inputs, String layer) {
    run.spend(rows, 1, 0);
    try (NoGrad off = NoGrad.on()) {
      return run.model().activation(inputs, layer);
    }
  }

  /**
   * The value of a named layer and the gradient of a function of it with respect to the variables,
   * in float32. One query and one gradient per sample.
   *
   * @param layer one of the model's {@link io.holdfast.model.Classifier#layers}
   * @param cotangent from the layer's value {@code [n, ...]}, off the tape, to the derivative of
   *     what is raised
   * @return the layer's value in place of logits
   * @throws io.holdfast.common.InvalidInputException if the model has no such layer
   */
  public InputGradients.Pass ascendAt(
      String layer, Tensor variables, UnaryOperator<Tensor> cotangent) {
    run.spend(rows, 1, 1);
    try (Scope scope = Scope.open()) {
      Tensor leaf = region.apply(variables).asLeaf(); // [n, ...]
      Tensor value = run.model().activation(leaf, layer); // [n, ...]
      Tensor flat = value.detach();
      Tensor gradient = Autograd.vjp(value, leaf, cotangent.apply(flat)); // [n, ...]
      Finite.require(flat, "activation", ids(), run.where());
      Finite.require(gradient, "input gradient", ids(), run.where());
      Tensor own = region.pullBack(variables, gradient); // of the variables
      return new InputGradients.Pass(scope.keep(flat), scope.keep(own));
    }
  }
}
