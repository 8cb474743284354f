package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Meeting;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One shard of one step on one worker: lets the objective compute on its samples, and takes the
 * gradients. Shapes: n samples of the shard, K classes.
 */
final class ShardStep implements ShardContext {
  private final SharedStep common;
  private final TrainJob job;
  private final int shard;
  private final @Nullable Meeting meeting;
  private final Objective objective;
  private final ShardSamples samples;
  private final ShardSearch search;
  private final ShardForward network;
  private final ShardForward beside; // empty where none is trained
  private final List<Tensor> answers = new ArrayList<>();
  private final List<SampleMemory.Note> notes = new ArrayList<>();
  private final List<RunningFigures.Note> figures = new ArrayList<>();
  private @Nullable Tensor carried; // [n, ...]
  private List<Tensor> besideGradients = List.of();

  private ShardStep(SharedStep common, int shard, int[] positions, @Nullable Meeting meeting) {
    this.common = common;
    this.shard = shard;
    this.meeting = meeting;
    job = common.job();
    StepPass pass = common.pass();
    objective = pass.clean() ? new Standard() : job.settings().objective();
    samples = new ShardSamples(common, shard, positions, objective);
    search = new ShardSearch(common, shard, samples);
    BatchNormPolicy batchNorm =
        meeting != null && job.settings().synchronised()
            ? new BatchNormPolicy.Synchronised(meeting)
            : BatchNormPolicy.GHOST;
    Seed stream = job.seed().split("layers").split(common.batch().step()).split(shard);
    Map<String, Tensor> weights = new LinkedHashMap<>(job.network().weights());
    weights.putAll(pass.weights());
    network = new ShardForward(common, stream, batchNorm, weights, true);
    beside =
        new ShardForward(
            common, stream.split("beside"), batchNorm, common.kept().beside(), pass.counts());
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
    Tensor sum = samples.weighted(aligned(loss.perSample())).sum();
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
        network.statistics(owner),
        pass.first() ? answers.stream().map(owner::adopt).toList() : List.of(),
        carried,
        pass.gradients() ? search.left(owner) : null,
        pass.gradients() ? List.copyOf(notes) : List.of(),
        pass.gradients() ? List.copyOf(figures) : List.of(),
        beside.leaves().isEmpty()
            ? null
            : ShardResult.of(besideGradients, beside.statistics(owner)));
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
                        this::logits,
                        samples.inputs(),
                        search.randomPoints("grad-align"),
                        samples.labels())),
            weight);
  }

  private StepSums sums(double value, ShardLoss loss) {
    boolean adversarial = objective.adversarial();
    ShardTally tally = new ShardTally(samples.labels(), samples.saved(), search.perturbed());
    Tensor clean = loss.clean();
    if (clean == null && shard == 0 && common.batch().watched()) {
      clean = common.moment().gradients().logits(samples.inputs());
    }
    return new StepSums(
        value,
        samples.size(),
        tally.clean(clean),
        tally.robust(loss.robust()),
        tally.library(adversarial ? loss.robust() : loss.clean()));
  }

  /** Zero for parameters that took no part in the loss. */
  private List<Tensor> gradients(Tensor loss, SharedScope owner) {
    List<Tensor> wanted = new ArrayList<>(network.leaves());
    int own = wanted.size();
    wanted.addAll(beside.leaves());
    int both = wanted.size();
    Tensor perturbation = search.leaf();
    if (perturbation != null) {
      wanted.add(perturbation);
    }
    List<@Nullable Tensor> found = Autograd.gradAllowUnused(loss, wanted);
    if (perturbation != null) {
      Tensor stepped = search.stepped(found.get(both));
      carried = stepped == null ? null : owner.adopt(stepped);
    }
    besideGradients = beside.gradients(found.subList(own, both), owner);
    return network.gradients(found.subList(0, own), owner);
  }

  // ---- what objectives use

  @Override
  public Tensor inputs() {
    return samples.inputs();
  }

  @Override
  public Tensor labels() {
    return samples.labels();
  }

  @Override
  public @Nullable Mixture mixture() {
    return samples.mixture();
  }

  @Override
  public double labelSmoothing() {
    return job.settings().labelSmoothing();
  }

  @Override
  public Tensor logits(Tensor x) {
    return network.logits(x);
  }

  @Override
  public Tensor besideLogits(Tensor x) {
    if (beside.isEmpty()) {
      throw new IllegalStateException("this objective does not say that it trains one beside");
    }
    return beside.logits(x);
  }

  @Override
  public Features features(Tensor x, Optional<String> layer) {
    return network.features(x, layer);
  }

  @Override
  public <T> T alike(Supplier<T> passes) {
    return network.alike(passes);
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
    return network.bounds(pass).margins(box, samples.labels());
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    return network.bounds(pass).linearMargins(box, samples.labels());
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
    double[] all = memory.at(samples.positions());
    IntStream.range(0, all.length).filter(samples.saved()::has).forEach(i -> all[i] = Double.NaN);
    return all;
  }

  /** Saved examples stand in the places of other samples, of which nothing was learned. */
  @Override
  public void remember(double[] values) {
    int[] own = IntStream.range(0, samples.size()).filter(i -> !samples.saved().has(i)).toArray();
    notes.add(
        new SampleMemory.Note(
            Arrays.stream(own).map(i -> samples.positions()[i]).toArray(),
            Arrays.stream(own).mapToDouble(i -> values[i]).toArray()));
  }

  @Override
  public boolean[] saved() {
    boolean[] all = new boolean[samples.size()];
    IntStream.range(0, all.length).forEach(i -> all[i] = samples.saved().has(i));
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
