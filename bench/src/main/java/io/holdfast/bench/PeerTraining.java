package io.holdfast.bench;

import static io.holdfast.bench.PeerServer.number;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autocast;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Optimiser;
import io.holdfast.train.Schedule;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Trades;
import io.holdfast.verify.bound.Bounds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * TRADES steps on one batch as training computes them: objective and inner maximiser per shard,
 * gradients added in shard order, one optimiser step. Shapes: n samples of a shard.
 */
final class PeerTraining implements AutoCloseable {
  private final Network network;
  private final Workers workers;
  private final Optimiser optimiser;
  private final Trades objective;
  private final ThreatModel threat;
  private final int steps;
  private final double fraction;
  private final double rate;
  private final Seed seed = new Seed(0);
  private int step;

  PeerTraining(Network network, Workers workers, JsonNode command) {
    this.network = network;
    this.workers = workers;
    objective = Trades.beta(number(command, "beta"));
    double epsilon = number(command, "epsilon");
    threat = ThreatModel.linf(epsilon).within(0, 1);
    steps = (int) number(command, "steps");
    fraction = number(command, "step_size") / epsilon;
    rate = number(command, "learning_rate");
    double momentum = number(command, "momentum");
    optimiser =
        new Optimiser.Config("sgd", rate, momentum, false, 0.9, 0.999, 0, Schedule.cyclic())
            .create(network, network.trainable());
  }

  private List<Tensor> weights() {
    return network.trainable().stream().map(p -> network.weight(p.name())).toList();
  }

  /** What a shard hands back. */
  private record Part(double loss, List<Tensor> gradients, long searchNanos) {}

  /**
   * What a step gave.
   *
   * @param loss mean over the batch
   * @param searchMs time of a worker in the inner search, its mean over the workers
   */
  record Result(double loss, double searchMs) {}

  /** One step on the first {@code batch} images. */
  Result step(Tensor images, Tensor labels, int batch) {
    int size = AttackDriver.SHARD;
    Seed stream = seed.split(step++);
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared();
        InputGradients gradients = network.classifier().gradients(Precision.auto())) {
      List<Part> parts =
          workers.map(
              (batch + size - 1) / size,
              s -> {
                long from = (long) s * size;
                long to = Math.min(batch, from + size);
                Shard shard =
                    new Shard(
                        images.slice(0, from, to),
                        labels.slice(0, from, to),
                        gradients,
                        stream.split(s));
                return shard.compute(batch, owner);
              });
      List<Tensor> total = parts.get(0).gradients();
      for (Part p : parts.subList(1, parts.size())) {
        for (int i = 0; i < total.size(); i++) {
          total.get(i).addInPlace(p.gradients().get(i));
        }
      }
      optimiser.step(weights(), total, rate);
      long search = parts.stream().mapToLong(Part::searchNanos).sum();
      return new Result(
          parts.stream().mapToDouble(Part::loss).sum() / batch, search / 1e6 / workers.count());
    }
  }

  /** One shard of the batch. */
  private final class Shard implements ShardContext {
    private final Tensor inputs; // [n, C, H, W]
    private final Tensor labels; // [n]
    private final InputGradients gradients;
    private final Seed stream;
    private final Map<String, Tensor> parameters = new LinkedHashMap<>(network.weights());
    private final List<Tensor> leaves;
    private int passes;
    private long searchNanos;

    Shard(Tensor inputs, Tensor labels, InputGradients gradients, Seed stream) {
      this.inputs = inputs;
      this.labels = labels;
      this.gradients = gradients;
      this.stream = stream;
      for (Graph.Parameter p : network.trainable()) {
        parameters.put(p.name(), network.weight(p.name()).asLeaf());
      }
      leaves = network.trainable().stream().map(p -> leaf(p.name())).toList();
    }

    private Tensor leaf(String name) {
      Tensor leaf = parameters.get(name);
      if (leaf == null) {
        throw new AssertionError("no such parameter: " + name);
      }
      return leaf;
    }

    Part compute(int batch, SharedScope owner) {
      Tensor sum = objective.loss(this).perSample().sum();
      List<Tensor> grads = Autograd.grad(sum.div(batch), leaves, false);
      return new Part(sum.item(), grads.stream().map(owner::adopt).toList(), searchNanos);
    }

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
      return 0;
    }

    @Override
    public Features features(Tensor x, Optional<String> layer) {
      throw new UnsupportedOperationException("the objectives compared here ask about no layer");
    }

    @Override
    public Tensor logits(Tensor x) {
      Mode mode = Mode.training(stream.split(passes++), BatchNormPolicy.GHOST);
      Graph graph = network.graph();
      try (Autocast on = Autocast.of(Precision.auto(), x.device())) {
        return Forward.run(graph, parameters, List.of(x), mode)
            .value(graph.outputs().get(0))
            .to(DType.FLOAT32);
      }
    }

    @Override
    public InputGradients gradients() {
      return gradients;
    }

    @Override
    public Tensor margins(Bounds box, Tensor pass) {
      throw new IllegalStateException("TRADES needs no bounds");
    }

    @Override
    public Tensor linearMargins(Bounds box, Tensor pass) {
      throw new IllegalStateException("TRADES needs no bounds");
    }

    @Override
    public Tensor guideLogits(Guide guide, Tensor x) {
      throw new IllegalStateException("TRADES learns from no other model");
    }

    @Override
    public ThreatModel threat() {
      return threat;
    }

    @Override
    public InnerMaximiser inner() {
      return new InnerMaximiser(steps, fraction, InnerMaximiser.Start.UNIFORM);
    }

    @Override
    public double progress() {
      return 0;
    }

    @Override
    public double[] remembered() {
      throw new IllegalStateException("TRADES remembers nothing");
    }

    @Override
    public void remember(double[] values) {
      throw new IllegalStateException("TRADES remembers nothing");
    }

    @Override
    public List<Seed> seeds(String purpose) {
      return LongStream.range(0, inputs.size(0)).mapToObj(stream.split(purpose)::split).toList();
    }

    @Override
    public Tensor adversarial(Search search, Reference reference) {
      List<Integer> all = IntStream.range(0, (int) inputs.size(0)).boxed().toList();
      Search.Ground ground =
          new Search.Ground(gradients, inner(), threat, inputs, reference, seeds("inner"), all);
      long begin = System.nanoTime();
      Tensor worst = search.find(ground); // [n, C, H, W]
      searchNanos += System.nanoTime() - begin;
      return worst;
    }
  }

  @Override
  public void close() {
    optimiser.close();
  }
}
