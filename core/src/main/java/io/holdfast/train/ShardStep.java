package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Mode;
import io.holdfast.tensor.Autocast;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective.ShardLoss;
import io.holdfast.train.objective.ShardContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One shard of one step on one worker: reads and augments its samples, lets the objective compute,
 * and takes the gradients. Shapes: n samples of the shard, K classes.
 */
final class ShardStep implements ShardContext {
  /**
   * What a shard hands back; tensors belong to the step.
   *
   * @param gradients of the mean loss of the batch, in the order of the trainable parameters: the
   *     sum of the samples' losses, each times its weight, over the number of samples
   * @param sums of losses and predictions; the clean ones of an objective without a clean pass are
   *     those of the first shard, with the weights before the step
   * @param statistics of batch norms, in the order of the forward passes
   */
  record Result(List<Tensor> gradients, StepSums sums, List<BatchStatistics> statistics) {}

  /**
   * What all shards of a step share.
   *
   * @param number of the step, from 0
   * @param epoch from 0
   * @param batch samples in all its shards
   * @param threat at this step's strength, or null
   * @param inner at this step's number of steps
   * @param cleanShare of samples that stay clean
   * @param gradients of the present weights in evaluation mode
   * @param owner of what the shards hand back
   * @param places for each place of the batch the saved example that takes it, or {@link
   *     LibraryFeed#NONE}; empty where there is no library
   */
  record Common(
      TrainJob job,
      long number,
      int epoch,
      int batch,
      @Nullable ThreatModel threat,
      InnerMaximiser inner,
      double cleanShare,
      InputGradients gradients,
      SharedScope owner,
      List<Integer> places) {}

  private final Common common;
  private final TrainJob job;
  private final Graph graph;
  private final Seed stream;
  private final long[] ids;
  private final Tensor inputs; // [n, ...]
  private final Tensor labels; // [n]
  private final @Nullable Tensor weights; // [n], null where all are 1
  private final Map<String, Tensor> parameters;
  private final List<Tensor> leaves = new ArrayList<>();
  private final List<BatchStatistics> statistics = new ArrayList<>();
  private final int shard;
  private final BatchNormPolicy batchNorm;
  private final SavedRows saved;
  private @Nullable Tensor perturbed; // [m], null for all
  private int passes;

  private ShardStep(Common common, int shard, int[] positions, BatchNormPolicy batchNorm) {
    this.common = common;
    this.shard = shard;
    this.batchNorm = batchNorm;
    job = common.job();
    graph = job.network().graph();
    stream = job.seed().split("layers").split(common.number()).split(shard);
    ids = Arrays.stream(positions).mapToLong(job.train()::id).toArray();
    saved = SavedRows.of(job, common.places(), shard, positions.length);
    long[] classes = Arrays.stream(positions).mapToLong(job.train()::label).toArray();
    inputs = saved.into(read(positions), classes, !job.settings().objective().adversarial());
    labels = Tensors.of(classes, positions.length).to(inputs.device());
    weights = weights(positions);
    parameters = new LinkedHashMap<>(job.network().weights());
    for (Graph.Parameter p : job.network().trainable()) {
      Tensor leaf = job.network().weight(p.name()).asLeaf();
      parameters.put(p.name(), leaf);
      leaves.add(leaf);
    }
  }

  /** Computes one shard in the innermost open scope. */
  static Result compute(Common common, int shard, int[] positions, BatchNormPolicy batchNorm) {
    common.job().stopper().check(); // the rest of a step may take minutes
    return new ShardStep(common, shard, positions, batchNorm).compute(common.owner());
  }

  private Result compute(SharedScope owner) {
    ShardLoss loss = job.settings().objective().loss(this);
    Tensor sum = weighted(loss.perSample()).sum();
    double value = sum.item();
    if (!Double.isFinite(value)) {
      throw Update.diverged("loss", value, common.number());
    }
    StepSums sums =
        new StepSums(value, ids.length, clean(loss.clean()), robust(loss.robust()), library(loss));
    return new Result(
        gradients(sum.div(common.batch()), owner),
        sums,
        statistics.stream().map(s -> adopt(s, owner)).toList());
  }

  /** Losses {@code [n]} times the samples' weights; as they are where all of these are 1. */
  private Tensor weighted(Tensor perSample) {
    return weights == null ? perSample : perSample.mul(weights);
  }

  /** Weights {@code [n]} of the samples, 1 for saved examples; null where all are 1. */
  private @Nullable Tensor weights(int[] positions) {
    float[] values = new float[positions.length];
    boolean plain = true;
    for (int i = 0; i < values.length; i++) {
      values[i] = saved.has(i) ? 1 : job.train().weight(positions[i]);
      plain &= values[i] == 1;
    }
    return plain ? null : Tensors.of(values, values.length).to(inputs.device());
  }

  /** Zero for parameters that took no part in the loss. */
  private List<Tensor> gradients(Tensor loss, SharedScope owner) {
    List<@Nullable Tensor> found = Autograd.gradAllowUnused(loss, leaves);
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Tensor g = found.get(i);
      all.add(owner.adopt(g == null ? Tensors.zerosLike(leaves.get(i)) : g));
    }
    return all;
  }

  private static BatchStatistics adopt(BatchStatistics s, SharedScope owner) {
    return new BatchStatistics(
        s.node(), owner.adopt(s.mean()), owner.adopt(s.variance()), s.count());
  }

  private Tally clean(@Nullable Tensor logits) {
    if (logits == null && shard > 0) {
      return Tally.NONE;
    }
    return tally(logits == null ? evaluationLogits(inputs) : logits, saved.others());
  }

  /** Counts those that were perturbed only. */
  private Tally robust(@Nullable Tensor logits) {
    return logits == null ? Tally.NONE : tally(logits, perturbed);
  }

  /** Counts saved examples: the adversarial ones, which an objective without them has as inputs. */
  private Tally library(ShardLoss loss) {
    Tensor logits = job.settings().objective().adversarial() ? loss.robust() : loss.clean();
    return logits == null || saved.isEmpty() ? Tally.NONE : tally(logits, saved.rows());
  }

  /**
   * Counts.
   *
   * @param rows int64 {@code [m]}, null for all
   */
  private Tally tally(Tensor logits, @Nullable Tensor rows) {
    Tensor z = rows == null ? logits : logits.indexSelect(0, rows); // [m, K]
    Tensor y = rows == null ? labels : labels.indexSelect(0, rows); // [m]
    if (y.count() == 0) {
      return Tally.NONE;
    }
    long correct = (long) z.argmax(1).eq(y).to(DType.INT64).sum().item();
    return new Tally(correct, y.count());
  }

  private float[] read(int[] positions) {
    Seed seed = job.seed().split("augment");
    return job.augmentation().over(job.train(), seed, common.epoch()).read(positions);
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
  public double labelSmoothing() {
    return job.settings().labelSmoothing();
  }

  @Override
  public Tensor logits(Tensor x) {
    Mode mode = Mode.training(stream.split(passes++), batchNorm);
    try (Autocast on = Autocast.of(job.settings().precision(), x.device())) {
      Forward.Result result = Forward.run(graph, parameters, List.of(x), mode);
      statistics.addAll(result.statistics());
      return result.value(graph.outputs().get(0)).to(DType.FLOAT32);
    }
  }

  @Override
  public Tensor evaluationLogits(Tensor x) {
    return common.gradients().logits(x);
  }

  @Override
  public InnerMaximiser.Start start() {
    return common.inner().start();
  }

  @Override
  public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
    ThreatModel threat = common.threat();
    if (threat == null) {
      throw new IllegalStateException("this objective needs a threat model");
    }
    InnerMaximiser search = common.inner().from(start);
    Tensor rows = toPerturb();
    perturbed = rows;
    if (rows == null) {
      return search.maximise(common.gradients(), loss, threat, inputs, reference, seeds(ids));
    }
    if (rows.count() == 0) {
      return saved.adversarialOver(inputs);
    }
    long[] some = Arrays.stream(rows.toLongs()).map(i -> ids[(int) i]).toArray();
    Tensor worst =
        search.maximise(
            common.gradients(),
            loss,
            threat,
            inputs.indexSelect(0, rows),
            select(reference, rows),
            seeds(some));
    return saved.adversarialOver(inputs.clone().indexCopyInPlace(0, rows, worst)); // [n, ...]
  }

  private List<Seed> seeds(long[] samples) {
    Seed epoch = job.seed().split("inner").split(common.epoch());
    return Arrays.stream(samples).mapToObj(epoch::split).toList();
  }

  /**
   * Positions of the samples that do not stay clean and are no saved examples, int64 {@code [m]};
   * null for all.
   */
  private @Nullable Tensor toPerturb() {
    if (common.cleanShare() == 0) {
      return saved.others();
    }
    Seed seeds = job.seed().split("mix").split(common.epoch());
    long[] rows =
        IntStream.range(0, ids.length)
            .filter(i -> !saved.has(i))
            .filter(i -> seeds.split(ids[i]).generator().nextDouble() >= common.cleanShare())
            .asLongStream()
            .toArray();
    return Tensors.of(rows, rows.length).to(inputs.device());
  }

  private static Reference select(Reference r, Tensor rows) {
    return new Reference(
        r.labels().indexSelect(0, rows),
        r.targets() == null ? null : r.targets().indexSelect(0, rows),
        r.probabilities() == null ? null : r.probabilities().indexSelect(0, rows));
  }
}
