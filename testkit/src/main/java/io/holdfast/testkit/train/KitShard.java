package io.holdfast.testkit.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.verify.bound.Bounds;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * Some of a few random samples as a shard of a small network, apart from the training loop.
 *
 * @param network without batch norm
 * @param parameters its weights by name, leaves of the tape
 * @param gradients of the network in evaluation mode
 * @param seed of the inner search
 * @param from the first sample
 * @param to the one behind the last
 * @param threat which attacks the samples
 * @param asked whether the loss asked for random numbers
 */
record KitShard(
    Network network,
    Map<String, Tensor> parameters,
    InputGradients gradients,
    Seed seed,
    int from,
    int to,
    ThreatModel threat,
    AtomicBoolean asked)
    implements ShardContext {
  static final int SAMPLES = 12;
  static final int CLASSES = 3;
  static final int SIDE = 6;
  private static final ThreatModel THREAT = ThreatModel.linf(0.1).within(0, 1);
  private static final InnerMaximiser SEARCH = new InnerMaximiser(3, 0.4, Start.UNIFORM);

  static KitShard of(Network network, InputGradients gradients, Seed seed, int from, int to) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    network.weights().forEach((name, weight) -> leaves.put(name, weight.asLeaf()));
    return new KitShard(network, leaves, gradients, seed, from, to, THREAT, new AtomicBoolean());
  }

  /** The same against another threat model. */
  KitShard against(ThreatModel other) {
    return new KitShard(network, parameters, gradients, seed, from, to, other, asked);
  }

  @Override
  public Tensor inputs() {
    Tensor all = Rng.of(new Seed(5)).uniform(0, 1, SAMPLES, 1, SIDE, SIDE);
    return all.slice(0, from, to).clone(); // [n, 1, SIDE, SIDE]
  }

  @Override
  public Tensor labels() {
    long[] classes = IntStream.range(from, to).mapToLong(i -> i % CLASSES).toArray();
    return Tensors.of(classes, classes.length);
  }

  @Override
  public double labelSmoothing() {
    return 0.1;
  }

  @Override
  public Tensor logits(Tensor x) {
    return features(x, Optional.empty()).logits();
  }

  @Override
  public Features features(Tensor x, Optional<String> layer) {
    Graph graph = network.graph();
    Mode mode = Mode.training(seed.split("layers"), BatchNormPolicy.GHOST);
    String output = graph.outputs().get(0);
    String where = layer.orElseGet(graph::beforeOutput);
    Set<String> wanted = new LinkedHashSet<>(List.of(output, where));
    Forward.Result found = Forward.run(graph, parameters, List.of(x), mode, wanted);
    return new Features(found.value(output), found.value(where));
  }

  @Override
  public InputGradients gradients() {
    return gradients;
  }

  @Override
  public Tensor margins(Bounds box, Tensor pass) {
    return bounds().margins(box, labels());
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    return bounds().linearMargins(box, labels());
  }

  private IntervalBounds bounds() {
    return new IntervalBounds(network.graph(), parameters, Map.of());
  }

  /** Another network of random weights. */
  @Override
  public Tensor guideLogits(Guide guide, Tensor x) {
    try (Network other =
        Network.initialise(network.graph(), Initialisation.PYTORCH, new Seed(77))) {
      return other.apply(x).detach();
    }
  }

  /** The same: of its weights no gradient is asked here. */
  @Override
  public Tensor besideLogits(Tensor x) {
    return guideLogits(Guide.beside("beside"), x);
  }

  @Override
  public InnerMaximiser inner() {
    return SEARCH;
  }

  /** Late enough for everything that begins after a while. */
  @Override
  public double progress() {
    return 0.75;
  }

  @Override
  public double[] remembered() {
    double[] values = new double[to - from];
    Arrays.fill(values, Double.NaN);
    return values;
  }

  @Override
  public void remember(double[] values) {}

  @Override
  public List<Seed> seeds(String purpose) {
    asked.set(true);
    return of(seed.split(purpose));
  }

  private List<Seed> of(Seed stream) {
    return IntStream.range(from, to).mapToObj(stream::split).toList();
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    asked.set(true);
    List<Integer> all = IntStream.range(0, to - from).boxed().toList();
    return search.find(
        new Search.Ground(
            gradients, SEARCH, threat, inputs(), reference, of(seed.split("inner")), all));
  }

  /** Whether the loss asked for random numbers or for adversarial examples. */
  boolean random() {
    return asked.get();
  }
}
