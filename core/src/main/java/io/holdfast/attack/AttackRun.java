package io.holdfast.attack;

import io.holdfast.common.Deadline;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TransferClassifier;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of one attack on one set of samples. Workers write only the rows of the samples in
 * their own task, so that no lock is needed. Shapes: N all samples, n those of a task, K classes.
 */
final class AttackRun {
  private static final int[] UNKNOWN = {};

  /** Part of the largest logit; processors' float32 sums differ by about a millionth. */
  private static final double CLEARANCE = 4e-6;

  private final String where;
  private final Classifier model;
  private final ThreatModel threat;
  private @Nullable InputGradients gradients; // of the present stage
  private boolean unseen; // the present stage sees answers only, no gradients
  private boolean together; // the present stage has all samples in one round
  private final boolean transfers; // the search asks a surrogate, not the model
  private final Tensor x; // [N, ...]
  private final int[] labels;
  private final long[] ids;
  private final Deadline deadline;
  private final Stopper stopper;
  private volatile boolean cut;
  private final Companions companions;
  final AttackResults results;
  final float[][] cleanLogits; // [N][K]
  final boolean[] standing; // still to be attacked
  final boolean[] fell;
  final int[] wanted; // the class that the goal asks for, or -1
  final double[] smallest; // the least change that is confirmed, where that counts
  final double[] margin; // how near to the goal the adversarial input is, higher is nearer
  final long[] queries;
  private final long[] queriesBefore; // the present round
  final long[] gradientCounts;
  final long[] checks;
  final boolean[] tried; // whether the present stage spent a round
  final int[][] order; // of target classes in the present stage; empty if not learnt
  int byScores; // samples that fell to stages by scores after stages by gradients
  int bySmallest; // samples that fell to stages that may leave the ball, likewise
  final List<List<AttackResult.Stage>> stages = new ArrayList<>(); // by row

  AttackRun(
      String where,
      Classifier model,
      ThreatModel threat,
      Tensor x,
      int[] labels,
      long[] ids,
      Deadline deadline,
      Stopper stopper) {
    this.deadline = deadline;
    this.stopper = stopper;
    this.where = where;
    this.model = model;
    this.threat = threat;
    this.transfers = model instanceof TransferClassifier;
    this.x = x;
    this.labels = labels;
    this.ids = ids;
    companions = new Companions(ids, labels);
    int n = labels.length;
    results = new AttackResults(x);
    cleanLogits = new float[n][];
    standing = new boolean[n];
    fell = new boolean[n];
    wanted = new int[n];
    smallest = new double[n];
    Arrays.fill(smallest, Double.POSITIVE_INFINITY);
    margin = new double[n];
    Arrays.fill(margin, Double.NEGATIVE_INFINITY);
    queries = new long[n];
    queriesBefore = new long[n];
    gradientCounts = new long[n];
    checks = new long[n];
    tried = new boolean[n];
    order = new int[n][];
    for (int i = 0; i < n; i++) {
      stages.add(new ArrayList<>());
    }
  }

  /**
   * What is known when an attack or a stage begins.
   *
   * @param asked what it asks for scores and gradients
   */
  void begin(Attack stage, InputGradients asked) {
    goOn(stage, asked);
    Arrays.fill(tried, false);
    Arrays.fill(order, UNKNOWN);
    if (stage.learnsTargets()) {
      long[][] falls = falls();
      for (int row = 0; row < labels.length; row++) {
        int label = labels[row];
        order[row] =
            standing[row] ? TargetOrder.learnt(label, results.logits[row], falls[label]) : UNKNOWN;
      }
    }
  }

  /** A stage that has begun before. */
  void goOn(Attack stage, InputGradients asked) {
    gradients = asked;
    unseen = stage.needs() != Knowledge.WHITE_BOX;
    together = stage.scope() == SampleScope.UNIVERSAL;
  }

  /** Before the search of a round begins on some samples. */
  void beginRound(int[] rows) {
    for (int row : rows) {
      queriesBefore[row] = queries[row];
    }
  }

  /** The rows that a round is spent on. */
  void tried(int[] rows) {
    for (int row : rows) {
      tried[row] = true;
    }
  }

  Prospect prospect(int row, int round) {
    double before = Logits.margin(cleanLogits[row], labels[row], wanted[row]);
    double left = before < 0 && margin[row] > Double.NEGATIVE_INFINITY ? margin[row] / before : 1;
    return new Prospect(round, left, byScores, bySmallest);
  }

  /** How often samples of each label fell to each class, {@code [K][K]}. */
  private long[][] falls() {
    long[][] falls = new long[model.classes()][model.classes()];
    for (int row = 0; row < labels.length; row++) {
      if (fell[row]) {
        falls[labels[row]][Logits.best(results.logits[row])]++;
      }
    }
    return falls;
  }

  /** The classes that are steered to in turn. */
  int[] targets(int row) {
    int[] known = order[row];
    return known.length == 0 ? byCleanLogit(row) : known;
  }

  String where() {
    return where;
  }

  Classifier model() {
    return model;
  }

  /** What the present stage asks for scores and gradients. */
  InputGradients gradients() {
    return Objects.requireNonNull(gradients, "no stage has begun");
  }

  /** The clean inputs of some samples, copied: {@code [n, ...]}. */
  Tensor inputs(int[] rows) {
    long[] positions = Arrays.stream(rows).asLongStream().toArray();
    return x.indexSelect(0, Tensors.of(positions, rows.length).to(x.device()));
  }

  long[] ids(int[] rows) {
    return Arrays.stream(rows).mapToLong(i -> ids[i]).toArray();
  }

  int label(int row) {
    return labels[row];
  }

  /** Notes that the deadline came before the end. */
  void cut() {
    cut = true;
  }

  boolean isCut() {
    return cut;
  }

  /** Whether the search asks a surrogate: then only what the model is asked counts. */
  boolean transfers() {
    return transfers;
  }

  /**
   * Before each pass of the search: counts what it asks of the model, or of its surrogate. A round
   * of all samples together is no shard that could be waited for: it is stopped here.
   */
  void spend(int[] rows, int forwards, int backwards) {
    if (together) {
      stopper.check();
    }
    if (cut || deadline.passed()) {
      throw new OutOfTime();
    }
    ask(rows, transfers ? 0 : forwards);
    for (int row : rows) {
      gradientCounts[row] += backwards;
    }
  }

  private void ask(int[] rows, int forwards) {
    for (int row : rows) {
      queries[row] += forwards;
      if (queries[row] > threat.queryBudget()) {
        throw new IllegalStateException(
            where + " asked more than " + threat.queryBudget() + " times about sample " + ids[row]);
      }
    }
  }

  long queriesLeft(int[] rows) {
    if (transfers) {
      return ThreatModel.UNLIMITED;
    }
    return threat.queryBudget() - Arrays.stream(rows).mapToLong(i -> queries[i]).max().orElse(0);
  }

  /** The first look at some samples: clean logits, who stands, what is wanted of whom. */
  void look(int[] rows) {
    float[][] logits = check(rows, inputs(rows));
    for (int i = 0; i < rows.length; i++) {
      int row = rows[i];
      cleanLogits[row] = logits[i];
      results.logits[row] = logits[i];
      wanted[row] = wantedOf(row);
      standing[row] = Logits.best(logits[i]) == labels[row] && wanted[row] != labels[row];
    }
  }

  private int wantedOf(int row) {
    if (threat.goal() instanceof Goal.TargetClass goal) {
      return goal.target();
    }
    return threat.goal().targeted() ? leastLikely(row) : -1;
  }

  /** Adds who is attacked: inputs, labels, ids and what the model says of them. */
  void digest(MessageDigest digest) {
    for (int row = 0; row < labels.length; row++) {
      float[] values = x.select(0, row).toFloats();
      float[] logits = cleanLogits[row];
      ByteBuffer bytes =
          ByteBuffer.allocate(
              Integer.BYTES + Long.BYTES + Float.BYTES * (values.length + logits.length));
      bytes.putInt(labels[row]).putLong(ids[row]);
      bytes.asFloatBuffer().put(values).put(logits);
      digest.update(bytes.array());
    }
  }

  /** The clean logits of some samples, {@code [n, K]}. */
  Tensor cleanLogits(int[] rows) {
    int classes = model.classes();
    float[] all = new float[rows.length * classes];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(cleanLogits[rows[i]], 0, all, i * classes, classes);
    }
    return Tensors.of(all, rows.length, classes).to(x.device());
  }

  /** The class with the smallest clean logit but the label. */
  int leastLikely(int row) {
    int[] order = byCleanLogit(row);
    return order[order.length - 1];
  }

  /** All classes but the label, the likeliest on the clean input first. */
  int[] byCleanLogit(int row) {
    return TargetOrder.byLogit(labels[row], cleanLogits[row]);
  }

  /**
   * Positions in {@code rows} whose logits reach the goal; with a surrogate, only where one more
   * query may be spent.
   */
  int[] hits(int[] rows, Tensor logits) {
    float[][] z = Logits.rows(logits);
    return IntStream.range(0, rows.length)
        .filter(i -> reached(rows[i], z[i]))
        .filter(i -> !transfers || queries[rows[i]] < threat.queryBudget())
        .toArray();
  }

  /** Whether logits {@code [m, K]}, each about one of the rows, reach the goal. */
  boolean[] reached(int[] about, Tensor logits) {
    float[][] z = Logits.rows(logits);
    boolean[] reached = new boolean[z.length];
    for (int i = 0; i < z.length; i++) {
      reached[i] = reached(about[i], z[i]);
    }
    return reached;
  }

  /**
   * Rows whose clean logits reach the goal of {@code row}, at most so many, in an order that
   * depends on the seed and the rows' ids alone.
   */
  int[] examples(int row, int most, Seed seed) {
    return companions.some(other -> other != row && reached(row, cleanLogits[other]), most, seed);
  }

  /**
   * A row of another label, which the seed and the rows' ids alone decide; -1 where there is none.
   */
  int ofOtherLabel(int row, Seed seed) {
    return companions.ofOtherLabel(row, seed);
  }

  private boolean reached(int row, float[] z) {
    int best = Logits.best(z);
    return wanted[row] < 0 ? best != labels[row] : best == wanted[row];
  }

  /** Confirms hits in float32; true for each position of {@code rows} that fell. */
  boolean[] confirm(int[] rows, int[] hits, PerturbationSet set, Region region, Tensor admissible) {
    Tensor candidates = some(region.apply(admissible), hits);
    int[] hitRows = some(rows, hits);
    ask(hitRows, transfers ? 1 : 0);
    float[][] z = check(hitRows, candidates);
    boolean[] gone = new boolean[rows.length];
    for (int i = 0; i < hits.length; i++) {
      if (reached(hitRows[i], z[i])) {
        gone[hits[i]] = true;
        results.take(hitRows[i], candidates.select(0, i), z[i], set, admissible.select(0, hits[i]));
        fell[hitRows[i]] = true;
        standing[hitRows[i]] = false;
      }
    }
    return gone;
  }

  /** The length of the smallest change known that the model confirmed; infinite for none. */
  double smallest(int row) {
    return smallest[row];
  }

  /** What the model says of a candidate for the smallest change. */
  enum Reach {
    NOT,
    /** By less than the rounding of another processor may take back. */
    NARROWLY,
    CLEARLY
  }

  /**
   * Confirms candidates in float32 where the smallest change counts; samples go on standing.
   *
   * @param candidates admissible inputs, one per row
   * @param distances of theirs from the clean inputs
   * @param least what a candidate must do to be taken
   * @param seen whether the search has seen the candidates, as {@link #askable} has it
   * @return not reached where the budget is spent
   */
  Reach[] compare(
      int[] rows,
      PerturbationSet set,
      Tensor candidates,
      double[] distances,
      Reach least,
      boolean seen) {
    int[] asked = askable(rows, candidates, seen);
    float[][] z = check(some(rows, asked), some(candidates, asked));
    Reach[] reached = new Reach[rows.length];
    Arrays.fill(reached, Reach.NOT);
    for (int k = 0; k < asked.length; k++) {
      int i = asked[k];
      int row = rows[i];
      reached[i] = reach(row, z[k]);
      if (reached[i].compareTo(least) >= 0 && distances[i] < smallest[row]) {
        smallest[row] = distances[i];
        fell[row] = true;
        Tensor candidate = candidates.select(0, i);
        results.take(row, candidate, z[k], set, candidate);
      }
    }
    return reached;
  }

  private Reach reach(int row, float[] z) {
    if (!reached(row, z)) {
      return Reach.NOT;
    }
    float largest = 0;
    for (float value : z) {
      largest = Math.max(largest, Math.abs(value));
    }
    double margin = Logits.margin(z, labels[row], wanted[row]);
    return margin > CLEARANCE * largest ? Reach.CLEARLY : Reach.NARROWLY;
  }

  /**
   * Judges the last candidates of a round as far as {@link #askable} allows; keeps the one nearest
   * to the goal.
   *
   * @param candidates admissible inputs, one per row
   * @param made the variables that they were made from, one per row
   */
  void judge(int[] rows, PerturbationSet set, Tensor candidates, Tensor made) {
    int[] asked = askable(rows, candidates, false);
    float[][] z = check(some(rows, asked), some(candidates, asked));
    for (int k = 0; k < asked.length; k++) {
      int i = asked[k];
      boolean falls = reached(rows[i], z[k]);
      double near = Logits.margin(z[k], labels[rows[i]], wanted[rows[i]]);
      if (falls || near > margin[rows[i]]) {
        margin[rows[i]] = near;
        results.take(rows[i], candidates.select(0, i), z[k], set, made.select(0, i));
        fell[rows[i]] = falls;
        standing[rows[i]] = !falls;
      }
    }
  }

  /**
   * Positions whose candidates the model may be asked about. With gradients of the model itself all
   * may. Else one that the search has not asked the model about is a query: not asked where the
   * budget is spent, nor where it is the clean input.
   *
   * @param candidates one per row
   * @param seen whether the search has seen them; if not, it has asked the model about them where
   *     it asked anything in this round
   */
  private int[] askable(int[] rows, Tensor candidates, boolean seen) {
    return IntStream.range(0, rows.length)
        .filter(i -> known(rows[i], seen) || asks(rows[i], candidates, i))
        .toArray();
  }

  /** Whether the search need not spend a query on its point. */
  private boolean known(int row, boolean seen) {
    return !transfers && (!unseen || seen || queries[row] > queriesBefore[row]);
  }

  private boolean asks(int row, Tensor candidates, int position) {
    if (queries[row] >= threat.queryBudget()
        || candidates.select(0, position).sameAs(x.select(0, row))) {
      return false;
    }
    queries[row]++;
    return true;
  }

  private static int[] some(int[] rows, int[] positions) {
    return Arrays.stream(positions).map(i -> rows[i]).toArray();
  }

  /** Those at some positions, ascending; all of them as they are. */
  private static Tensor some(Tensor candidates, int[] positions) {
    if (positions.length == candidates.size(0)) {
      return candidates;
    }
    long[] at = Arrays.stream(positions).asLongStream().toArray();
    return candidates.indexSelect(0, Tensors.of(at, at.length).to(candidates.device()));
  }

  /**
   * Distances of one sample's result, after the independent check in double that it is admissible.
   */
  Distances measure(int row) {
    if (results.isIn(row, x, model.inputShape(), threat.domain())) {
      return results.distances(row, x);
    }
    throw new HoldfastException(
        where
            + " left the threat model at sample "
            + ids[row]
            + ": "
            + results.distances(row, x)
            + " is not within "
            + results.set(row));
  }

  /** Float32 logits by the model itself, one check per sample. */
  private float[][] check(int[] rows, Tensor inputs) {
    if (rows.length == 0) {
      return new float[0][];
    }
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      Tensor logits = model.logits(inputs); // [n, K]
      Finite.require(logits, "logit", ids(rows), where);
      for (int row : rows) {
        checks[row]++;
      }
      return Logits.rows(logits);
    }
  }
}
