package io.holdfast.bench;

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
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.verify.bound.Bounds;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The formula of a loss on some samples and nothing else: no data is read, nothing is counted,
 * noted or updated. For a network without batch norms. Shapes: n samples, K classes.
 */
final class BareShard implements ShardContext {
  /**
   * What the shards of a benchmark share.
   *
   * @param network to be trained
   * @param gradients of its weights, in evaluation mode
   * @param precision of passes
   * @param threat that searches stay in
   * @param inner the search
   */
  record Ground(
      Network network,
      InputGradients gradients,
      Precision precision,
      ThreatModel threat,
      InnerMaximiser inner) {}

  private final Ground ground;
  private final Tensor inputs; // [n, ...]
  private final Tensor labels; // [n]
  private final Seed seed;
  private final double progress;
  private final Map<String, Tensor> parameters;
  private int passes;

  BareShard(Ground ground, Tensor inputs, Tensor labels, Seed seed, double progress) {
    this.ground = ground;
    this.inputs = inputs;
    this.labels = labels;
    this.seed = seed;
    this.progress = progress;
    parameters = new LinkedHashMap<>(ground.network().weights());
    for (Graph.Parameter p : ground.network().trainable()) {
      parameters.put(p.name(), ground.network().weight(p.name()).asLeaf());
    }
  }

  /** The gradients of an objective's summed losses by all trainable weights. */
  List<Tensor> weightGradients(Objective objective) {
    List<Tensor> leaves =
        ground.network().trainable().stream()
            .map(p -> parameters.getOrDefault(p.name(), inputs))
            .toList();
    return Autograd.grad(objective.loss(this).perSample().sum(), leaves, false);
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
  public Tensor logits(Tensor x) {
    Graph graph = ground.network().graph();
    Mode mode = Mode.training(seed.split(passes++), BatchNormPolicy.GHOST);
    try (Autocast on = Autocast.of(ground.precision(), x.device())) {
      return Forward.run(graph, parameters, List.of(x), mode)
          .value(graph.outputs().get(0))
          .to(DType.FLOAT32);
    }
  }

  @Override
  public Features features(Tensor x, Optional<String> layer) {
    throw new UnsupportedOperationException("logits alone");
  }

  @Override
  public InputGradients gradients() {
    return ground.gradients();
  }

  @Override
  public Tensor margins(Bounds box, Tensor pass) {
    return bounds().margins(box, labels);
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    return bounds().linearMargins(box, labels);
  }

  private IntervalBounds bounds() {
    return new IntervalBounds(ground.network().graph(), parameters, Map.of());
  }

  @Override
  public Tensor guideLogits(Guide guide, Tensor x) {
    throw new UnsupportedOperationException("no other models");
  }

  @Override
  public ThreatModel threat() {
    return ground.threat();
  }

  @Override
  public InnerMaximiser inner() {
    return ground.inner();
  }

  @Override
  public double progress() {
    return progress;
  }

  @Override
  public double[] remembered() {
    throw new UnsupportedOperationException("no memory");
  }

  @Override
  public void remember(double[] values) {
    throw new UnsupportedOperationException("no memory");
  }

  @Override
  public List<Seed> seeds(String purpose) {
    Seed own = seed.split(purpose);
    return IntStream.range(0, (int) labels.count()).mapToObj(own::split).toList();
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    List<Integer> all = IntStream.range(0, (int) labels.count()).boxed().toList();
    return search.find(
        new Search.Ground(gradients(), inner(), threat(), inputs, reference, seeds("inner"), all));
  }
}
