package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the driver gives to an attack for one round: some samples that still stand, their region,
 * and counted access to the model. Used by one thread. Samples that {@link #settle} finds fallen
 * leave the task, so that {@link #size} shrinks. Shapes: n samples in the task, K classes.
 */
public final class AttackTask {
  private final AttackRun run;
  private final ThreatModel threat;
  private final int round;
  private final SharedScope owner;
  private final Region region;
  private final @Nullable Smallest smallest;
  private int[] rows;
  private List<Seed> seeds;
  private Reference reference;

  AttackTask(
      AttackRun run,
      ThreatModel threat,
      int round,
      int[] rows,
      List<Seed> seeds,
      Reference reference,
      SharedScope owner) {
    this.run = run;
    this.threat = threat;
    this.round = round;
    this.rows = rows.clone();
    this.seeds = seeds;
    this.reference = reference;
    this.owner = owner;
    this.region = threat.around(run.inputs(rows));
    smallest =
        threat.set() instanceof Additive ball && ball.unlimited()
            ? new Smallest(ball, threat.domain(), run, rows, region.clean(), owner)
            : null;
  }

  /** Number of samples in the task now. */
  public int size() {
    return rows.length;
  }

  /** What may be done to the samples in the task; never the region of a union. */
  public Region region() {
    return region;
  }

  /**
   * Whether the threat has no limit and the smallest change is wanted: {@link #settle} then takes
   * note of the points that reach the goal, and nobody leaves the task but by {@link #leave}.
   */
  public boolean seeksSmallest() {
    return smallest != null;
  }

  /**
   * Lengths of the smallest changes that earlier rounds found, one per sample in the task; infinite
   * where there is none, or a limit.
   */
  public double[] smallest() {
    return Arrays.stream(rows).mapToDouble(run::smallest).toArray();
  }

  /** The threat model; for a union, the one of the member that this round is about. */
  public ThreatModel threat() {
    return threat;
  }

  /** Labels, clean probabilities and, where this round steers towards a class, targets. */
  public Reference reference() {
    return reference;
  }

  /** The random streams, one per sample in the task. */
  public List<Seed> seeds() {
    return seeds;
  }

  /** The round, from 0. */
  public int round() {
    return round;
  }

  /** Number of classes K. */
  public int classes() {
    return run.model().classes();
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

  /** Queries about images that differ from the best ones in one patch each; to be closed. */
  public PatchQueries patchQueries() {
    return new PatchQueries(this, run.gradients().patches().orElse(null));
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
   * Clean inputs of the same run that the model gives a class that the goal asks for: where there
   * are more, some drawn by the sample's seed and their own ids alone.
   *
   * @param position of the sample in the task that they are for
   * @return {@code [m, ...]}, or null where there are none
   */
  public @Nullable Tensor examples(int position, int most) {
    int[] found = run.examples(rows[position], most, seeds.get(position).split("examples"));
    return found.length == 0 ? null : run.inputs(found);
  }

  /**
   * For each sample in the task a clean input of the same run with another label, which its seed
   * and the ids alone decide among those of the run; zeros where there is none.
   *
   * @param draws one seed per sample
   * @return {@code [n, ...]}
   */
  public Tensor ofOtherLabels(List<Seed> draws) {
    int[] others = new int[rows.length];
    float[] known = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int other = run.ofOtherLabel(rows[i], draws.get(i));
      others[i] = other < 0 ? rows[i] : other;
      known[i] = other < 0 ? 0 : 1;
    }
    Tensor inputs = run.inputs(others); // [n, ...]
    long[] shape = new long[inputs.rank()];
    Arrays.fill(shape, 1);
    shape[0] = rows.length;
    return inputs.mulInPlace(Tensors.of(known, shape).to(inputs.device()));
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
   * The value of a named layer {@code [n, ...]} for some inputs of the attacker's own, such as
   * guides; they are not counted, as they do not depend on the samples.
   *
   * @param inputs {@code [n, ...]}
   * @throws io.holdfast.common.InvalidInputException if the model has no such layer
   */
  public Tensor activation(Tensor inputs, String layer) {
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

  /**
   * Takes the samples that reached the goal out of the task. Each is first projected and confirmed
   * in float32 by the model itself; one that is refuted stays. Where the {@linkplain
   * #seeksSmallest() smallest change} is wanted, all stay, and the smallest that reached the goal
   * is confirmed when the round has ended.
   *
   * @param variables those that {@code logits} belong to
   * @param logits {@code [n, K]} as the search saw them
   * @return who stays; apply it to every tensor that the attack carries on with
   */
  public Stay settle(Tensor variables, Tensor logits) {
    return settle(variables, logits, i -> true);
  }

  /**
   * As {@link #settle(Tensor, Tensor)}, for searches that leave the perturbation set.
   *
   * @param counts whether a position's variables may count, such as those inside the set; the
   *     others stay whatever their logits
   */
  public Stay settle(Tensor variables, Tensor logits, IntPredicate counts) {
    int[] hits = Arrays.stream(run.hits(rows, logits)).filter(counts).toArray();
    if (hits.length == 0) {
      return Stay.ALL;
    }
    if (smallest != null) {
      smallest.note(variables, hits);
      return Stay.ALL;
    }
    boolean[] gone;
    try (Scope scope = Scope.open()) {
      Tensor admissible = variables.clone();
      region.project(admissible);
      gone = run.confirm(rows, hits, threat.set(), region, admissible);
    }
    return drop(gone);
  }

  /**
   * Lets samples go for which the search has nothing left to do in this round.
   *
   * @param variables {@code [n, ...]}; those of samples that leave are their results, as what
   *     {@link Attack#perturb} returns is for the others
   * @param done whether a position leaves
   * @return who stays
   */
  public Stay leave(Tensor variables, IntPredicate done) {
    int[] leaving = IntStream.range(0, rows.length).filter(done).toArray();
    if (leaving.length == 0) {
      return Stay.ALL;
    }
    boolean[] gone = new boolean[rows.length];
    Arrays.stream(leaving).forEach(i -> gone[i] = true);
    try (Scope scope = Scope.open()) {
      long[] positions = Arrays.stream(leaving).asLongStream().toArray();
      Tensor at = Tensors.of(positions, positions.length).to(variables.device());
      Tensor admissible = variables.clone();
      region.project(admissible);
      int[] some = Arrays.stream(leaving).map(i -> rows[i]).toArray();
      judge(
          some,
          leaving,
          region.apply(admissible).indexSelect(0, at),
          admissible.indexSelect(0, at));
    }
    return drop(gone);
  }

  /** The final check of a round: every sample left is projected and judged in float32. */
  void finish(Tensor variables) {
    if (variables.size(0) != rows.length) {
      throw new IllegalStateException(
          run.where() + ": " + variables.size(0) + " results for " + rows.length + " samples");
    }
    if (rows.length > 0) {
      Tensor admissible = variables.clone();
      region.project(admissible);
      int[] all = IntStream.range(0, rows.length).toArray();
      judge(rows, all, region.apply(admissible), admissible);
    }
    if (smallest != null) {
      smallest.confirm();
    }
  }

  private void judge(int[] some, int[] positions, Tensor candidates, Tensor made) {
    if (smallest != null) {
      smallest.judge(positions, candidates);
    } else {
      run.judge(some, threat.set(), candidates, made);
    }
  }

  private Tensor onDevice(long[] positions) {
    return Tensors.of(positions, positions.length).to(region.clean().device());
  }

  private Stay drop(boolean[] gone) {
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < gone.length; i++) {
      if (!gone[i]) {
        kept.add(i);
      }
    }
    if (kept.size() == rows.length) {
      return Stay.ALL;
    }
    try (Scope scope = Scope.open()) {
      long[] positions = kept.stream().mapToLong(i -> i).toArray();
      Tensor staying = owner.adopt(onDevice(positions)); // [m]
      Stay stay = new Stay(staying, owner);
      rows = kept.stream().mapToInt(i -> rows[i]).toArray();
      List<Seed> all = seeds;
      seeds = kept.stream().map(all::get).toList();
      region.retain(staying, owner);
      if (smallest != null) {
        smallest.retain(positions);
      }
      reference =
          new Reference(
              stay.moveUp(reference.labels()),
              stay.moveUpOrNull(reference.targets()),
              stay.moveUpOrNull(reference.probabilities()));
      return stay;
    }
  }

  /**
   * Which of the samples before {@link AttackTask#settle} are still there after it.
   *
   * @param positions ascending, int64; null for all
   */
  public record Stay(@Nullable Tensor positions, @Nullable SharedScope owner) {
    /** Everyone. */
    public static final Stay ALL = new Stay(null, null);

    /** The rows of {@code t} that stay, in the innermost open scope. */
    public Tensor of(Tensor t) {
      return positions == null ? t : t.indexSelect(0, positions);
    }

    /** Those of {@code numbers}, one per sample, that stay. */
    public double[] of(double[] numbers) {
      return positions == null
          ? numbers
          : Arrays.stream(positions.toLongs()).mapToDouble(i -> numbers[(int) i]).toArray();
    }

    /** Those of {@code things}, one per sample, that stay. */
    public <T> List<T> of(List<T> things) {
      return positions == null
          ? things
          : Arrays.stream(positions.toLongs()).mapToObj(i -> things.get((int) i)).toList();
    }

    /**
     * As {@link #of(Tensor)}, but reusing the storage of {@code t}; the result lives as the task
     * does.
     */
    public Tensor moveUp(Tensor t) {
      return positions == null || owner == null ? t : Region.moveUp(t, positions, owner);
    }

    private @Nullable Tensor moveUpOrNull(@Nullable Tensor t) {
      return t == null ? null : moveUp(t);
    }
  }
}
