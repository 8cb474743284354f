package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.data.DatasetInfo;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Mode;
import io.holdfast.tensor.Autocast;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Meeting;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.GradAlign;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Mixture;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objective.ShardLoss;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.verify.bound.Bounds;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One shard of one step on one worker: reads and augments its samples, lets the objective compute,
 * and takes the gradients. Shapes: n samples of the shard, K classes.
 */
final class ShardStep implements ShardContext {
  private final SharedStep common;
  private final TrainJob job;
  private final Graph graph;
  private final Objective objective;
  private final Seed stream;
  private final int[] positions;
  private final long[] ids;
  private final Tensor inputs; // [n, ...]
  private final Tensor labels; // [n]
  private final @Nullable Mixture mixture;
  private final @Nullable Tensor weights; // [n], null where all are 1
  private final Map<String, Tensor> parameters;
  private final List<Tensor> leaves;
  private final Map<String, Tensor> beside; // weights of the network that is trained beside
  private final List<Tensor> besideLeaves;
  private final List<BatchStatistics> besideStatistics = new ArrayList<>();
  private final List<BatchStatistics> statistics = new ArrayList<>();
  private final int shard;
  private final BatchNormPolicy batchNorm;
  private final SavedRows saved;
  private final ShardSearch search;
  private int passes;
  private int besidePasses;

  /** The pass whose random numbers are drawn again; -1 for fresh ones. */
  private int held = -1;

  private final List<Tensor> answers = new ArrayList<>();
  private final IdentityHashMap<Tensor, Map<String, BatchStatistics>> seen =
      new IdentityHashMap<>(); // by pass
  private final List<SampleMemory.Note> notes = new ArrayList<>();
  private final List<RunningFigures.Note> figures = new ArrayList<>();
  private final @Nullable Meeting meeting;
  private @Nullable Tensor carried; // [n, ...]
  private List<Tensor> besideGradients = List.of();

  private ShardStep(SharedStep common, int shard, int[] positions, @Nullable Meeting meeting) {
    this.common = common;
    this.shard = shard;
    this.meeting = meeting;
    batchNorm =
        meeting != null && common.job().settings().synchronised()
            ? new BatchNormPolicy.Synchronised(meeting)
            : BatchNormPolicy.GHOST;
    this.positions = positions;
    job = common.job();
    graph = common.moment().graph();
    objective = common.pass().clean() ? new Standard() : job.settings().objective();
    stream = job.seed().split("layers").split(common.batch().step()).split(shard);
    ids = Arrays.stream(positions).mapToLong(job.train()::id).toArray();
    saved = SavedRows.of(job, common.places(), shard, positions.length);
    long[] classes = Arrays.stream(positions).mapToLong(job.train()::label).toArray();
    float[] values = read();
    saved.into(values, classes, !objective.adversarial() && !objective.bounded());
    float[] each = weights(positions);
    mixture = mixed(values, classes, each);
    inputs = Resizing.fitted(saved.onDevice(values), graph);
    labels = Tensors.of(classes, positions.length).to(inputs.device());
    search = new ShardSearch(common, shard, positions, inputs, saved);
    weights = isPlain(each) ? null : Tensors.of(each, each.length).to(inputs.device());
    parameters = new LinkedHashMap<>(job.network().weights());
    parameters.putAll(common.pass().weights());
    leaves = leaves(parameters);
    beside = new LinkedHashMap<>(common.kept().beside());
    boolean learns = !beside.isEmpty() && common.pass().counts();
    besideLeaves = learns ? leaves(beside) : List.of();
  }

  /** Puts leaves of the tape in the place of the trainable weights; returns these. */
  private List<Tensor> leaves(Map<String, Tensor> weights) {
    List<Tensor> all = new ArrayList<>();
    for (Graph.Parameter p : job.network().trainable()) {
      Tensor leaf = Objects.requireNonNull(weights.get(p.name())).asLeaf();
      weights.put(p.name(), leaf);
      all.add(leaf);
    }
    return all;
  }

  /** The samples {@code [n, ...]}, row-major, as they are changed this time. */
  private float[] read() {
    int size = job.train().info().sampleSize();
    float[] all = new float[positions.length * size];
    for (int row = 0; row < positions.length; row++) {
      System.arraycopy(common.read(shard, row, positions[row]), 0, all, row * size, size);
    }
    return all;
  }

  /** Makes samples of two, where the settings say so. */
  private @Nullable Mixture mixed(float[] values, long[] classes, float[] each) {
    Pairs pairs = job.settings().methods().pairs();
    if (pairs == null) {
      return null;
    }
    Seed seed = job.seed().split("pairs").split(common.batch().turn()).split(shard);
    DatasetInfo info = job.train().info();
    Device device = job.network().device();
    return pairs.into(
        values, classes, each, info.shape(), saved::has, seed, info.classCount(), device);
  }

  /**
   * Computes one shard in the innermost open scope.
   *
   * @param meeting with the other shards of the batch; null where each is by itself
   */
  static ShardResult compute(
      SharedStep common, int shard, int[] positions, @Nullable Meeting meeting) {
    common.job().stopper().check(); // the rest of a step may take minutes
    return new ShardStep(common, shard, positions, meeting).compute(common.owner());
  }

  private ShardResult compute(SharedScope owner) {
    ShardLoss loss = objective.loss(this);
    Tensor sum = weighted(aligned(loss.perSample())).sum();
    double value = sum.item();
    if (!Double.isFinite(value)) {
      throw Update.diverged("loss", value, common.batch().step());
    }
    StepPass pass = common.pass();
    List<Tensor> gradients =
        pass.gradients() ? gradients(sum.div(common.batch().size()), owner) : List.of();
    return new ShardResult(
        gradients,
        pass.counts() ? sums(value, loss) : StepSums.NONE,
        statistics.stream().map(s -> adopt(s, owner)).toList(),
        pass.first() ? answers.stream().map(owner::adopt).toList() : List.of(),
        carried,
        pass.gradients() ? search.left(owner) : null,
        pass.gradients() ? List.copyOf(notes) : List.of(),
        pass.gradients() ? List.copyOf(figures) : List.of(),
        besideLeaves.isEmpty()
            ? null
            : ShardResult.of(
                besideGradients, besideStatistics.stream().map(s -> adopt(s, owner)).toList()));
  }

  /** Losses {@code [n]} with the term that aligns gradients, where the settings have it. */
  private Tensor aligned(Tensor perSample) {
    double weight = common.pass().clean() ? 0 : common.moment().search().gradAlign();
    return weight == 0
        ? perSample
        : perSample.add(
            alike(
                () ->
                    GradAlign.misalignment(
                        this::logits, inputs, search.randomPoints("grad-align"), labels)),
            weight);
  }

  private StepSums sums(double value, ShardLoss loss) {
    boolean adversarial = objective.adversarial();
    ShardTally tally = new ShardTally(labels, saved, search.perturbed());
    Tensor clean = loss.clean();
    if (clean == null && shard == 0 && common.batch().watched()) {
      clean = common.moment().gradients().logits(inputs);
    }
    return new StepSums(
        value,
        ids.length,
        tally.clean(clean),
        tally.robust(loss.robust()),
        tally.library(adversarial ? loss.robust() : loss.clean()));
  }

  /** Losses {@code [n]} times the samples' weights; as they are where all of these are 1. */
  private Tensor weighted(Tensor perSample) {
    return weights == null ? perSample : perSample.mul(weights);
  }

  /** Weights {@code [n]} of the samples, 1 for saved examples. */
  private float[] weights(int[] positions) {
    float[] values = new float[positions.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = saved.has(i) ? 1 : job.train().weight(positions[i]);
    }
    return values;
  }

  private static boolean isPlain(float[] weights) {
    for (float weight : weights) {
      if (weight != 1) {
        return false;
      }
    }
    return true;
  }

  /** Zero for parameters that took no part in the loss. */
  private List<Tensor> gradients(Tensor loss, SharedScope owner) {
    List<Tensor> wanted = new ArrayList<>(leaves);
    wanted.addAll(besideLeaves);
    Tensor perturbation = search.leaf();
    if (perturbation != null) {
      wanted.add(perturbation);
    }
    List<@Nullable Tensor> found = Autograd.gradAllowUnused(loss, wanted);
    if (perturbation != null) {
      Tensor stepped = search.stepped(found.get(wanted.size() - 1));
      carried = stepped == null ? null : owner.adopt(stepped);
    }
    int own = leaves.size();
    besideGradients = adopted(found.subList(own, own + besideLeaves.size()), besideLeaves, owner);
    return adopted(found.subList(0, own), leaves, owner);
  }

  private static List<Tensor> adopted(
      List<@Nullable Tensor> found, List<Tensor> leaves, SharedScope owner) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < leaves.size(); i++) {
      Tensor g = found.get(i);
      all.add(owner.adopt(g == null ? Tensors.zerosLike(leaves.get(i)) : g));
    }
    return all;
  }

  private static BatchStatistics adopt(BatchStatistics s, SharedScope owner) {
    return new BatchStatistics(
        s.node(), owner.adopt(s.mean()), owner.adopt(s.variance()), s.count());
  }

  // ---- what objectives use

  @Override
  public Tensor inputs() {
    return inputs;
  }

  @Override
  public Tensor labels() {
    return labels;
  }

  @Override
  public @Nullable Mixture mixture() {
    return mixture;
  }

  @Override
  public double labelSmoothing() {
    return job.settings().labelSmoothing();
  }

  @Override
  public Tensor logits(Tensor x) {
    String output = graph.outputs().get(0);
    return forward(x, Set.of(output)).value(output).to(DType.FLOAT32);
  }

  @Override
  public Tensor besideLogits(Tensor x) {
    if (beside.isEmpty()) {
      throw new IllegalStateException("this objective does not say that it trains one beside");
    }
    String output = graph.outputs().get(0);
    Seed own = stream.split("beside").split(besidePasses++);
    Forward.Result result = forward(beside, x, own, Set.of(output));
    besideStatistics.addAll(result.statistics());
    return result.value(output).to(DType.FLOAT32);
  }

  @Override
  public Features features(Tensor x, Optional<String> layer) {
    String output = graph.outputs().get(0);
    String where = layer.orElseGet(graph::beforeOutput);
    Set<String> wanted = new LinkedHashSet<>(List.of(output, where)); // which may be the same
    Forward.Result found = forward(x, wanted);
    return new Features(
        found.value(output).to(DType.FLOAT32), found.value(where).to(DType.FLOAT32));
  }

  @Override
  public <T> T alike(Supplier<T> passes) {
    int before = held;
    held = this.passes++;
    try {
      return passes.get();
    } finally {
      held = before;
    }
  }

  private Forward.Result forward(Tensor x, Set<String> wanted) {
    int drawn = held < 0 ? passes++ : held;
    Forward.Result result = forward(parameters, x, stream.split(drawn), wanted);
    statistics.addAll(result.statistics());
    Map<String, BatchStatistics> own = new HashMap<>();
    result.statistics().forEach(s -> own.put(s.node(), s));
    seen.putIfAbsent(x, own);
    return result;
  }

  private Forward.Result forward(
      Map<String, Tensor> weights, Tensor x, Seed layers, Set<String> wanted) {
    Mode mode = new Mode.Training(layers, batchNorm, job.network().frozen());
    try (Autocast on = Autocast.of(job.settings().precision(), x.device())) {
      return Forward.run(graph, weights, List.of(x), mode, wanted);
    }
  }

  @Override
  public Tensor evaluationLogits(Tensor x) {
    return decided(() -> common.moment().gradients().logits(x));
  }

  @Override
  public Tensor decided(Supplier<Tensor> answer) {
    return once(() -> answer.get().detach());
  }

  /** In a second pass over a step the answer of the first. */
  private Tensor once(Supplier<Tensor> answer) {
    List<List<Tensor>> known = common.pass().answers();
    Tensor given = known == null ? answer.get() : known.get(shard).get(answers.size());
    answers.add(given);
    return given;
  }

  @Override
  public InputGradients gradients() {
    return common.moment().gradients();
  }

  @Override
  public Tensor margins(Bounds box, Tensor pass) {
    return bounds(pass).margins(box, labels);
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    return bounds(pass).linearMargins(box, labels);
  }

  private IntervalBounds bounds(Tensor pass) {
    Map<String, BatchStatistics> statistics = seen.get(pass);
    if (statistics == null) {
      throw new IllegalStateException(
          "no pass of these inputs, whose statistics bounds are to use");
    }
    return new IntervalBounds(graph, parameters, statistics);
  }

  @Override
  public Tensor guideLogits(Guide guide, Tensor x) {
    InputGradients model = common.guides().get(guide);
    if (model == null) {
      throw new IllegalStateException("the job has no model for " + guide);
    }
    return model.logits(x);
  }

  @Override
  public ThreatModel threat() {
    return search.threat();
  }

  @Override
  public double radiusShare() {
    double whole = Objects.requireNonNull(job.threat()).epsilon();
    return whole == 0 ? 1 : threat().epsilon() / whole;
  }

  @Override
  public InnerMaximiser inner() {
    return common.moment().search().inner();
  }

  @Override
  public double[] batchSum(String topic, double... own) {
    if (meeting == null) {
      return own;
    }
    double[] sums = new double[own.length];
    for (double[] one : meeting.exchange(topic, own)) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += one[i];
      }
    }
    return sums;
  }

  @Override
  public double progress() {
    return common.moment().z();
  }

  @Override
  public double[] remembered() {
    SampleMemory memory = common.kept().memory();
    if (memory == null) {
      throw new IllegalStateException("this objective does not say that it remembers");
    }
    double[] all = memory.at(positions);
    IntStream.range(0, all.length).filter(saved::has).forEach(i -> all[i] = Double.NaN);
    return all;
  }

  /** Saved examples stand in the places of other samples, of which nothing was learned. */
  @Override
  public void remember(double[] values) {
    int[] own = IntStream.range(0, positions.length).filter(i -> !saved.has(i)).toArray();
    notes.add(
        new SampleMemory.Note(
            Arrays.stream(own).map(i -> positions[i]).toArray(),
            Arrays.stream(own).mapToDouble(i -> values[i]).toArray()));
  }

  @Override
  public boolean[] saved() {
    boolean[] all = new boolean[positions.length];
    IntStream.range(0, all.length).forEach(i -> all[i] = saved.has(i));
    return all;
  }

  @Override
  public double[] figures(int count) {
    RunningFigures running = common.kept().figures();
    if (running == null) {
      throw new IllegalStateException("this objective does not say that it adds figures up");
    }
    return running.all();
  }

  @Override
  public void note(double keep, double... values) {
    figures.add(new RunningFigures.Note(keep, values.clone()));
  }

  @Override
  public List<Seed> seeds(String purpose) {
    return search.seeds("objective/" + purpose);
  }

  @Override
  public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
    return once(() -> search.find(loss, reference, start)); // on the tape by a carried leaf
  }

  /**
   * {@inheritDoc}
   *
   * <p>In a second pass over a step it is made again, since it may tell the objective more than
   * what it found; it sees the same weights and seeds.
   */
  @Override
  public Tensor adversarial(Search own, Reference reference) {
    return search.find(own, reference);
  }
}
