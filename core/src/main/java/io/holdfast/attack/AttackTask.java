package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the driver gives to an attack for one round: some samples that still stand, their region,
 * and counted access to the model. Used by one thread. Samples that {@link #settle} finds fallen
 * leave the task, so that {@link #size} shrinks. Shapes: n samples in the task, K classes.
 */
public final class AttackTask extends TaskQueries {
  private final ThreatModel threat;
  private final int round;
  private final SharedScope owner;
  private final boolean part;
  private final @Nullable Smallest smallest;
  private List<Seed> seeds;

  AttackTask(
      AttackRun run,
      ThreatModel threat,
      int round,
      int[] rows,
      List<Seed> seeds,
      Reference reference,
      SharedScope owner) {
    super(run, threat.around(run.inputs(rows)), rows, reference);
    this.threat = threat;
    this.round = round;
    this.seeds = seeds;
    this.owner = owner;
    part = false;
    run.beginRound(rows);
    smallest =
        threat.set() instanceof Additive ball && ball.unlimited()
            ? new Smallest(ball, threat.domain(), run, rows, region.clean(), owner)
            : null;
  }

  private AttackTask(AttackTask whole, ThreatModel threat, int[] positions, Reference reference) {
    super(
        whole.run,
        threat.around(whole.run.inputs(some(whole.rows, positions))),
        some(whole.rows, positions),
        reference);
    this.threat = threat;
    round = whole.round;
    seeds = Arrays.stream(positions).mapToObj(whole.seeds::get).toList();
    owner = whole.owner;
    part = true;
    smallest = null;
  }

  private static int[] some(int[] rows, int[] positions) {
    return Arrays.stream(positions).map(i -> rows[i]).toArray();
  }

  /**
   * Some of the samples alone, for as long as the innermost scope is open and all of them are in
   * this task: what is asked about them is counted as ever, and nobody leaves or is judged.
   *
   * @param positions of the samples in this task, at least one, none twice
   */
  public AttackTask part(int... positions) {
    return new AttackTask(this, threat, positions, reference.at(onDevice(positions)));
  }

  /** As {@link #part}, steered towards one class whatever this task's goal is. */
  public AttackTask partTowards(int wanted, int... positions) {
    Reference own = reference.at(onDevice(positions));
    long[] same = new long[positions.length];
    Arrays.fill(same, wanted);
    Tensor targets = onDevice(same); // [m]
    return new AttackTask(
        this,
        threat.wanting(Goal.target(wanted)),
        positions,
        new Reference(own.labels(), targets, own.probabilities()));
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

  /** Names of the model's layers, the logits' last; empty where it has none. */
  public List<String> layers() {
    return run.model().layers();
  }

  /** Queries about images that differ from the best ones in one patch each; to be closed. */
  public PatchQueries patchQueries() {
    return new PatchQueries(this, run.gradients().patches().orElse(null));
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
    int[] others = others(draws);
    float[] known = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      known[i] = others[i] == rows[i] ? 0 : 1;
    }
    Tensor inputs = run.inputs(others); // [n, ...]
    Tensor some = Tensors.of(known, Tensors.perSample(inputs)); // [n, 1, ...]
    return inputs.mulInPlace(some.to(inputs.device()));
  }

  /** As {@link #ofOtherLabels}, but the sample's own clean input where there is none. */
  public Tensor ofOtherLabelsOrOwn(List<Seed> draws) {
    return run.inputs(others(draws)); // [n, ...]
  }

  /** Rows of another label, the sample's own where there is none. */
  private int[] others(List<Seed> draws) {
    int[] others = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int other = run.ofOtherLabel(rows[i], draws.get(i));
      others[i] = other < 0 ? rows[i] : other;
    }
    return others;
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
    if (part) {
      return Stay.ALL;
    }
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
    if (part) {
      throw new IllegalStateException(run.where() + ": samples of a part of a task do not leave");
    }
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
    confirmSmallest();
  }

  /** Has the model confirm the smallest changes that were noted, where they are wanted. */
  void confirmSmallest() {
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

  private Tensor onDevice(int[] positions) {
    return onDevice(Arrays.stream(positions).asLongStream().toArray());
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
