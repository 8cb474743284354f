package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
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
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * One shard of one step on one worker: reads and augments its samples, lets the objective compute,
 * and takes the gradients. Shapes: n samples of the shard, K classes.
 */
final class ShardStep implements ShardContext {
  /**
   * What a shard hands back; tensors belong to the step.
   *
   * @param gradients of the mean loss of the batch, in the order of the trainable parameters
   * @param loss summed over the shard
   * @param clean correct clean predictions, or -1 where the objective has none
   * @param robust correct adversarial predictions, or -1 where it has none
   * @param statistics of batch norms, in the order of the forward passes
   */
  record Result(
      List<Tensor> gradients,
      double loss,
      int count,
      int clean,
      int robust,
      List<BatchStatistics> statistics) {}

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
   */
  record Common(
      TrainJob job,
      long number,
      int epoch,
      int batch,
      @Nullable ThreatModel threat,
      InnerMaximiser inner,
      double cleanShare,
      InputGradients gradients) {}

  private final Common common;
  private final TrainJob job;
  private final Graph graph;
  private final Seed stream;
  private final long[] ids;
  private final Tensor inputs; // [n, ...]
  private final Tensor labels; // [n]
  private final Map<String, Tensor> parameters;
  private final List<Tensor> leaves = new ArrayList<>();
  private final List<BatchStatistics> statistics = new ArrayList<>();
  private int passes;

  private ShardStep(Common common, int shard, int[] positions) {
    this.common = common;
    job = common.job();
    graph = job.network().graph();
    stream = job.seed().split("layers").split(common.number()).split(shard);
    ids = Arrays.stream(positions).mapToLong(job.train()::id).toArray();
    inputs = read(positions);
    labels =
        Tensors.of(
            Arrays.stream(positions).mapToLong(job.train()::label).toArray(), positions.length);
    parameters = new LinkedHashMap<>(job.network().weights());
    for (Graph.Parameter p : job.network().trainable()) {
      Tensor leaf = job.network().weight(p.name()).asLeaf();
      parameters.put(p.name(), leaf);
      leaves.add(leaf);
    }
  }

  /**
   * Computes one shard in the innermost open scope; what it returns is adopted by {@code owner}.
   */
  static Result compute(Common common, int shard, int[] positions, SharedScope owner) {
    return new ShardStep(common, shard, positions).compute(owner);
  }

  private Result compute(SharedScope owner) {
    ShardLoss loss = job.settings().objective().loss(this);
    Tensor sum = loss.perSample().sum();
    double value = sum.item();
    if (!Double.isFinite(value)) {
      throw diverged("loss", value);
    }
    List<Tensor> gradients = Autograd.grad(sum.div(common.batch()), leaves, false);
    return new Result(
        gradients.stream().map(owner::adopt).toList(),
        value,
        ids.length,
        correct(loss.clean()),
        correct(loss.robust()),
        statistics.stream().map(s -> adopt(s, owner)).toList());
  }

  private HoldfastException diverged(String what, double value) {
    return new HoldfastException(
        "training diverged: the "
            + what
            + " is "
            + value
            + " at step "
            + common.number()
            + " (epoch "
            + (common.epoch() + 1)
            + "); try a smaller train.optimiser.learning_rate, or train.gradient_clip: 1");
  }

  private static BatchStatistics adopt(BatchStatistics s, SharedScope owner) {
    return new BatchStatistics(
        s.node(), owner.adopt(s.mean()), owner.adopt(s.variance()), s.count());
  }

  private int correct(@Nullable Tensor logits) {
    return logits == null ? -1 : (int) logits.argmax(1).eq(labels).to(DType.INT64).sum().item();
  }

  private Tensor read(int[] positions) {
    Seed seed = job.seed().split("augment");
    Dataset data = job.augmentation().over(job.train(), seed, common.epoch());
    long[] shape = data.info().shapeArray();
    return Tensors.of(
        data.read(positions),
        LongStream.concat(LongStream.of(positions.length), LongStream.of(shape)).toArray());
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
    Mode mode = Mode.training(stream.split(passes++), BatchNormPolicy.GHOST);
    try (Autocast on = Autocast.of(job.settings().precision())) {
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
  public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
    ThreatModel threat = common.threat();
    if (threat == null) {
      throw new IllegalStateException("this objective needs a threat model");
    }
    InnerMaximiser search =
        new InnerMaximiser(common.inner().steps(), common.inner().fraction(), start);
    Seed seeds = job.seed().split("inner").split(common.epoch());
    List<Seed> perSample = Arrays.stream(ids).mapToObj(seeds::split).toList();
    Tensor worst =
        search.maximise(common.gradients(), loss, threat, inputs, reference, perSample); // [n, ...]
    return common.cleanShare() > 0 ? mixed(worst) : worst;
  }

  private Tensor mixed(Tensor worst) {
    Seed seeds = job.seed().split("mix").split(common.epoch());
    boolean[] clean = new boolean[ids.length];
    for (int i = 0; i < clean.length; i++) {
      clean[i] = seeds.split(ids[i]).generator().nextDouble() < common.cleanShare();
    }
    long[] column = new long[worst.rank()];
    Arrays.fill(column, 1);
    column[0] = ids.length;
    return Tensors.where(Tensors.of(clean, ids.length).view(column), inputs, worst);
  }
}
