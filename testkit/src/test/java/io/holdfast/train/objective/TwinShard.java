package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import io.holdfast.verify.bound.Bounds;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A shard whose network is a case's, in double. Searches are made against a script, for what they
 * count on their way; what they find is the case's worst input.
 */
final class TwinShard implements ShardContext {
  /** Steps of a search. */
  static final int STEPS = 3;

  static final String HIDDEN_LAYER = "tanh";
  static final String LAST_LAYER = "b";

  /** The hidden units as channels of two places each. */
  static final String MAPS = "maps";

  static final ThreatModel THREAT = ThreatModel.linf(0.2).within(-1, 2);

  private final TwinCase c;
  private final Tensor a;
  private final Tensor b;
  private final Tensor guideA;
  private final Tensor guideB;
  private final double progress;
  private final ThreatModel threat;
  private final boolean images;
  private int searches;

  TwinShard(TwinCase c, Tensor a, Tensor b, double progress, ThreatModel threat, boolean images) {
    this.threat = threat;
    this.images = images;
    this.c = c;
    this.a = a;
    this.b = b;
    guideA = Tensors.of(c.guideA(), c.in(), c.units()).asLeaf();
    guideB = Tensors.of(c.guideB(), c.units(), TwinCase.K).asLeaf();
    this.progress = progress;
  }

  /** Steps of a search at which a sample is still right. */
  static int withstood(int row) {
    return Math.min(row % (STEPS + 1), STEPS);
  }

  @Override
  public Tensor inputs() {
    return shaped(c.clean());
  }

  private Tensor shaped(double[] inputs) {
    return images
        ? Tensors.of(inputs, TwinCase.N, 1, 2, c.in() / 2)
        : Tensors.of(inputs, TwinCase.N, c.in());
  }

  private Tensor network(Tensor x, Tensor a, Tensor b) {
    return Nn.tanh(x.reshape(-1, c.in()).matmul(a)).matmul(b); // [n, K]
  }

  @Override
  public Tensor labels() {
    return Tensors.of(c.labels(), TwinCase.N);
  }

  @Override
  public double labelSmoothing() {
    return TwinCase.SMOOTHING;
  }

  @Override
  public Tensor logits(Tensor x) {
    return network(x, a, b);
  }

  /**
   * Of the hidden layer, or of the last one or of the hidden one as maps where that is asked for.
   */
  @Override
  public Features features(Tensor x, Optional<String> layer) {
    Tensor logits = network(x, a, b); // [n, K]
    String name = layer.orElse(HIDDEN_LAYER);
    Tensor hidden = Nn.tanh(x.reshape(-1, c.in()).matmul(a)); // [n, units]
    Tensor values = name.equals(MAPS) ? hidden.reshape(-1, c.units() / 2, 1, 2) : hidden;
    return new Features(logits, name.equals(LAST_LAYER) ? logits : values);
  }

  @Override
  public InputGradients gradients() {
    return new Doubles();
  }

  @Override
  public Tensor margins(Bounds box, Tensor pass) {
    return bounds().margins(box, labels());
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    return bounds().linearMargins(box, labels());
  }

  /** Of the network as a graph of layers. */
  private IntervalBounds bounds() {
    GraphBuilder g = Graph.builder("twin");
    g.input("input", TensorType.floats(c.in()));
    g.add("a", new Linear(c.units(), false));
    g.add(HIDDEN_LAYER, new Tanh());
    Graph graph = g.output(g.add(LAST_LAYER, new Linear(TwinCase.K, false))).build();
    Map<String, Tensor> weights =
        Map.of("a.weight", a.transpose(0, 1), "b.weight", b.transpose(0, 1));
    return new IntervalBounds(graph, weights, Map.of());
  }

  @Override
  public Tensor guideLogits(Guide guide, Tensor x) {
    return network(x, guideA.detach(), guideB.detach());
  }

  /** The guide again, on the tape of its weights. */
  @Override
  public Tensor besideLogits(Tensor x) {
    return network(x, guideA, guideB);
  }

  /** The weights of the network that is trained beside. */
  List<Tensor> beside() {
    return List.of(guideA, guideB);
  }

  @Override
  public ThreatModel threat() {
    return threat;
  }

  @Override
  public InnerMaximiser inner() {
    return new InnerMaximiser(STEPS, 0.4, Start.CLEAN);
  }

  @Override
  public double progress() {
    return progress;
  }

  @Override
  public double[] remembered() {
    double[] values = new double[TwinCase.N];
    Arrays.fill(values, Double.NaN);
    return values;
  }

  @Override
  public void remember(double[] values) {}

  @Override
  public List<Seed> seeds(String purpose) {
    return seedsOf(purpose);
  }

  static List<Seed> seedsOf(String purpose) {
    return IntStream.range(0, TwinCase.N)
        .mapToObj(i -> new Seed(3).split(purpose).split(i))
        .toList();
  }

  /** Normal numbers as an objective draws them: of a sample, of one of its streams or its own. */
  static double[] drawn(String purpose, int i, int stream, int count) {
    Seed own = seedsOf(purpose).get(i);
    try (Scope scope = Scope.open()) {
      return Rng.of(stream < 0 ? own : own.split(stream)).normal(count).toDoubles();
    }
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    List<Integer> all = IntStream.range(0, TwinCase.N).boxed().toList();
    search.find(
        new Search.Ground(
            new Script(),
            inner(),
            threat,
            inputs().to(DType.FLOAT32),
            reference,
            seeds("inner"),
            all));
    return shaped(searches++ == 0 ? c.worst() : c.mirrored());
  }

  /** The network in double, off the tape of its weights. */
  private final class Doubles implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      Tensor leaf = x.asLeaf();
      Tensor z = network(leaf, a.detach(), b.detach()); // [N, K]
      return new Pass(z.detach(), Autograd.vjp(z, leaf, cotangent.apply(z.detach())));
    }

    @Override
    public Tensor logits(Tensor x) {
      return network(x, a.detach(), b.detach());
    }

    @Override
    public void close() {}
  }

  /** At its s-th pass sample i is right if it withstands more than s steps; without slopes. */
  private final class Script implements InputGradients {
    private int step;

    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      Tensor z = answers(step++, x); // [N, K]
      Tensor asked = cotangent.apply(z); // as a real pass does
      return new Pass(z, Tensors.zerosLike(x).add(asked.sum().mul(0)));
    }

    private Tensor answers(int at, Tensor x) {
      long[] classes = new long[TwinCase.N];
      for (int i = 0; i < classes.length; i++) {
        classes[i] = at < withstood(i) ? c.label(i) : (c.label(i) + 1) % TwinCase.K;
      }
      Tensor once = Nn.oneHot(Tensors.of(classes, classes.length), TwinCase.K); // [N, K]
      int draws = (int) x.size(0) / TwinCase.N; // of a search that tiles its inputs
      return draws == 0 // of one that takes some of them
          ? once.slice(0, 0, x.size(0))
          : Tensors.cat(Collections.nCopies(draws, once), 0);
    }

    @Override
    public Tensor logits(Tensor x) {
      return answers(step, x);
    }

    @Override
    public void close() {}
  }
}
