package io.holdfast.model.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.arch.WeightsFile;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Constant;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Embedding;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Gelu;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MatMul;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Reshape;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.model.graph.layer.Sigmoid;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Softmax;
import io.holdfast.model.graph.layer.Softplus;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.model.graph.layer.Transpose;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.TensorOwner;
import io.holdfast.tensor.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plans against the tape, layer by layer. */
class PlanTest {
  private static final Seed SEED = new Seed(11);
  private static final long BATCH = 3;

  /** What stands between an input [3, 9, 8] and a linear layer. */
  private static final Map<String, Consumer<GraphBuilder>> MIDDLES = new LinkedHashMap<>();

  static {
    MIDDLES.put("nothing", g -> {});
    MIDDLES.put("first convolution, stride", g -> g.add("c", Conv2d.of(6, 3).stride(2)));
    MIDDLES.put("first convolution, padding", g -> g.add("c", Conv2d.of(6, 3).padding(1)));
    MIDDLES.put(
        "first convolution, no bias", g -> g.add("c", Conv2d.of(6, 2).withoutBias().stride(3)));
    MIDDLES.put("dilation", g -> g.add("c", Conv2d.of(6, 3).dilation(2).padding(1).withoutBias()));
    MIDDLES.put(
        "groups",
        g -> {
          g.add("c", Conv2d.of(8, 3));
          g.add("d", Conv2d.of(4, 3).groups(4).padding(1));
        });
    MIDDLES.put(
        "batch norm behind a convolution",
        g -> {
          g.add("c", Conv2d.of(5, 3).withoutBias());
          g.add("b", new BatchNorm());
          g.add("r", new Relu());
          g.add("p", MaxPool2d.of(2));
        });
    MIDDLES.put(
        "rectified and pooled in pairs, with a row left over",
        g -> {
          g.add("c", Conv2d.of(5, 3).padding(1));
          g.add("r", new Relu());
          g.add("p", MaxPool2d.of(2)); // [5, 9, 8] to [5, 4, 4]
          g.add("r2", new Relu());
          g.add("p2", MaxPool2d.of(2));
        });
    MIDDLES.put(
        "rectified, pooled and read by others",
        g -> {
          g.add("r", new Relu());
          g.add("p", MaxPool2d.of(2), "r");
          g.add("u", new Upsample(Size.of(2), Upsample.Mode.NEAREST), "p");
          g.add("s", new Slice(1, 0, 8, 1), "r");
          g.add("a", new Add(), "u", "s");
        });
    MIDDLES.put(
        "batch norm alone",
        g -> {
          g.add("b", new BatchNorm());
          g.add("r", new Relu());
        });
    MIDDLES.put(
        "batch norm behind a linear layer",
        g -> {
          g.add("f", new Flatten());
          g.add("l", new Linear(7, false));
          g.add("b", new BatchNorm());
        });
    MIDDLES.put(
        "normalisation folded",
        g -> {
          g.add("n", new Normalise(List.of(0.1, 0.4, 0.3), List.of(0.2, 0.3, 1.5)));
          g.add("c", Conv2d.of(5, 3));
        });
    MIDDLES.put(
        "normalisation before padding",
        g -> {
          g.add("n", new Normalise(List.of(0.1, 0.4, 0.3), List.of(0.2, 0.3, 1.5)));
          g.add("c", Conv2d.of(5, 3).padding(1));
        });
    MIDDLES.put("group norm", g -> g.add("n", new GroupNorm(3, 1e-5)));
    MIDDLES.put("layer norm", g -> g.add("n", new LayerNorm(2, 1e-5)));
    MIDDLES.put("leaky relu", g -> g.add("a", new LeakyRelu(0.1)));
    MIDDLES.put("relu", g -> g.add("a", new Relu()));
    MIDDLES.put("silu", g -> g.add("a", new Silu()));
    MIDDLES.put("gelu", g -> g.add("a", new Gelu()));
    MIDDLES.put("softplus", g -> g.add("a", new Softplus()));
    MIDDLES.put("sigmoid", g -> g.add("a", new Sigmoid()));
    MIDDLES.put("tanh", g -> g.add("a", new Tanh()));
    MIDDLES.put("softmax", g -> g.add("a", new Softmax(0)));
    MIDDLES.put("dropout", g -> g.add("a", new Dropout(0.5)));
    MIDDLES.put("max pooling", g -> g.add("p", new MaxPool2d(Size.of(3), Size.of(2), Size.of(1))));
    MIDDLES.put(
        "average pooling", g -> g.add("p", new AvgPool2d(Size.of(3), Size.of(2), Size.of(1))));
    MIDDLES.put("adaptive mean", g -> g.add("p", new AdaptiveAvgPool2d(new Size(4, 3))));
    MIDDLES.put("global mean", g -> g.add("p", new AdaptiveAvgPool2d(Size.of(1))));
    MIDDLES.put("adaptive largest", g -> g.add("p", new AdaptiveMaxPool2d(new Size(4, 3))));
    MIDDLES.put("nearest", g -> g.add("u", new Upsample(new Size(2, 3), Upsample.Mode.NEAREST)));
    MIDDLES.put("bilinear", g -> g.add("u", new Upsample(Size.of(2), Upsample.Mode.BILINEAR)));
    MIDDLES.put(
        "residual blocks",
        g -> {
          g.add("c", Conv2d.of(6, 3).padding(1).withoutBias());
          g.add("b1", new BatchNorm());
          g.add("r1", new Relu());
          g.add("c1", Conv2d.of(6, 3).padding(1).withoutBias());
          g.add("b2", new BatchNorm());
          g.add("s1", new Add(), "b2", "c");
          g.add("r2", new Relu());
          g.add("s2", new Add(), "r2", "r2", "c");
          g.add("r3", new Relu());
        });
    MIDDLES.put(
        "joined and cut",
        g -> {
          g.add("a", new Tanh());
          g.add("b", new Slice(1, 1, 8, 2), "a");
          g.add("c", new Slice(1, 2, 6, 1), "input");
          g.add("j", new Concat(-2), "b", "c", "b");
          g.add("t", new Transpose(0, 2));
          g.add("r", new Reshape(Shape.of(4, 72)));
        });
    MIDDLES.put(
        "product and constant",
        g -> {
          g.add("k", new Constant(Shape.of(3, 8, 4)));
          g.add("m", new MatMul(), "input", "k");
          g.add("t", new Transpose(1, 2));
          g.add("q", new MatMul(), "t", "m");
        });
    MIDDLES.put(
        "attention",
        g -> {
          g.add("f", new Flatten(1));
          g.add("w", Linear.of(8));
          g.add("n", LayerNorm.last(1e-6));
          g.add("a", new SelfAttention(2));
        });
  }

  static {
    MIDDLES.put(
        "group norm of parts",
        g -> {
          g.add("n", new GroupNorm(3, 1e-5), "input");
          g.add("c", Conv2d.of(2, 3).padding(1), "n");
          g.add("d1", new Dropout(0.5), "n");
          g.add("d2", new Dropout(0.5), "d1");
          g.add("j", new Concat(0), "d2", "c");
        });
  }

  static Stream<String> middles() {
    return MIDDLES.keySet().stream();
  }

  private static Network network(Consumer<GraphBuilder> middle) {
    GraphBuilder g = Graph.builder();
    g.input("input", TensorType.floats(3, 9, 8));
    middle.accept(g);
    g.add("flat", new Flatten());
    g.output(g.add("logits", Linear.of(4)));
    Network network = Network.initialise(g.build(), Initialisation.PYTORCH, SEED);
    randomiseStatistics(network);
    return network;
  }

  /** Fresh scales and statistics are 0 and 1, with which much would pass unseen. */
  private static void randomiseStatistics(Network network) {
    try (Scope scope = Scope.open()) {
      network
          .weights()
          .forEach(
              (name, w) -> {
                if (w.rank() == 1) {
                  w.copyFrom(Rng.of(SEED.split(name)).uniform(0.5, 1.5, w.shape()));
                }
              });
    }
  }

  private static Tensor input(Network network, long batch) {
    long[] shape = network.graph().inputs().get(0).type().shape().batched(batch);
    return Rng.of(SEED.split("input")).uniform(-1, 1, shape);
  }

  private static Tensor cotangent(Tensor logits) {
    return Rng.of(SEED.split("cotangent")).uniform(-1, 1, logits.shape());
  }

  @ParameterizedTest
  @MethodSource("middles")
  void equalsTheTape(String middle) {
    Consumer<GraphBuilder> layers = MIDDLES.get(middle);
    try (Scope scope = Scope.open();
        Network network = network(layers == null ? g -> {} : layers);
        InputGradients plan = compiled(network, Precision.FLOAT32)) {
      Tensor x = input(network, BATCH);
      Tensor before = x.clone();
      InputGradients.Pass ours = plan.pass(x, PlanTest::cotangent);
      InputGradients.Pass tape = tape(network).pass(x, PlanTest::cotangent);
      assertThat(distance(ours.logits(), tape.logits())).isLessThan(1e-5);
      assertThat(distance(ours.gradient(), tape.gradient())).isLessThan(1e-5);
      assertThat(distance(plan.logits(x), tape.logits())).isLessThan(1e-5);
      assertThat(ours.gradient().shape()).isEqualTo(x.shape());
      assertThat(x.sameAs(before)).isTrue();
    }
  }

  /** Carrying one gradient back changes nothing that the next one needs. */
  @ParameterizedTest
  @MethodSource("middles")
  void severalGradientsOfOneForwardPassAreThoseOfTheirOwn(String middle) {
    Consumer<GraphBuilder> layers = MIDDLES.get(middle);
    try (Scope scope = Scope.open();
        Network network = network(layers == null ? g -> {} : layers);
        InputGradients plan = compiled(network, Precision.FLOAT32);
        TapeGradients tape = tape(network)) {
      Tensor x = input(network, BATCH);
      List<UnaryOperator<Tensor>> cotangents =
          List.of(PlanTest::cotangent, z -> cotangent(z).neg().mul(z), PlanTest::cotangent);
      for (InputGradients source : List.of(plan, tape)) {
        List<float[]> found = new ArrayList<>();
        source.passes(
            x,
            cotangents,
            pass -> {
              found.add(pass.logits().toFloats());
              found.add(pass.gradient().toFloats());
            });
        assertThat(found).hasSize(6);
        for (int i = 0; i < 3; i++) {
          InputGradients.Pass own = source.pass(x, cotangents.get(i));
          assertThat(found.get(2 * i)).containsExactly(own.logits().toFloats());
          assertThat(found.get(2 * i + 1)).containsExactly(own.gradient().toFloats());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("middles")
  void bfloat16PointsTheSameWay(String middle) {
    Consumer<GraphBuilder> layers = MIDDLES.get(middle);
    try (Scope scope = Scope.open();
        Network network = network(layers == null ? g -> {} : layers);
        InputGradients plan = compiled(network, Precision.BFLOAT16)) {
      Tensor x = input(network, BATCH);
      Tensor ours = plan.pass(x, PlanTest::cotangent).gradient();
      Tensor tape = tape(network).pass(x, PlanTest::cotangent).gradient();
      assertThat(cosine(ours, tape)).isGreaterThan(0.99);
    }
  }

  /** Fails as well where an operation meets tensors of two devices. */
  @ParameterizedTest
  @MethodSource("middles")
  @EnabledIfSystemProperty(named = "holdfast.devicecheck", matches = "true")
  void computesWhereTheWeightsAre(String middle) {
    Device other = new Device(0); // a stand-in
    Consumer<GraphBuilder> layers = MIDDLES.get(middle);
    try (Scope scope = Scope.open();
        Network here = network(layers == null ? g -> {} : layers);
        Network there = here.copy().to(other);
        InputGradients plan = compiled(here, Precision.FLOAT32);
        InputGradients moved = compiled(there, Precision.FLOAT32)) {
      Tensor x = input(here, BATCH);
      InputGradients.Pass a = plan.pass(x, z -> z.sub(1));
      InputGradients.Pass b = moved.pass(x.to(other), z -> z.sub(1));
      assertThat(b.logits().to(Device.CPU).sameAs(a.logits())).isTrue();
      assertThat(b.gradient().to(Device.CPU).sameAs(a.gradient())).isTrue();
    }
  }

  private static InputGradients compiled(Network network, Precision precision) {
    return Plan.compile(network, precision).orElseThrow();
  }

  private static TapeGradients tape(Network network) {
    return new TapeGradients(network.classifier(), Precision.FLOAT32);
  }

  /** The largest difference as a part of the largest value. */
  private static double distance(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item() / b.abs().max().item();
  }

  private static double cosine(Tensor a, Tensor b) {
    return a.mul(b).sum().item() / Math.sqrt(a.square().sum().item() * b.square().sum().item());
  }

  @Test
  void bfloat16PointsTheSameWayOnSmallCnn() {
    try (Scope scope = Scope.open();
        Network network = smallCnn();
        InputGradients plan = compiled(network, Precision.BFLOAT16)) {
      Tensor x = input(network, 16);
      Tensor ours = plan.pass(x, PlanTest::cotangent).gradient();
      Tensor tape = tape(network).pass(x, PlanTest::cotangent).gradient();
      Tensor autocast =
          new TapeGradients(network.classifier(), Precision.BFLOAT16)
              .pass(x, PlanTest::cotangent)
              .gradient();
      // Fresh weights on noise: rounding moves many activations across zero, on the tape as well.
      assertThat(cosine(ours, tape)).isGreaterThan(cosine(autocast, tape) - 0.005);
      assertThat(cosine(ours, tape)).isGreaterThan(0.98);
    }
  }

  @Tag("slow")
  @Test
  void bfloat16PointsTheSameWayOnAHardenedNetwork() {
    Path peers = Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");
    Path weights = peers.resolve("fmnist-trades.safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded weights are absent at " + peers);
    Safetensors images = Safetensors.read(peers.resolve("fashion-mnist-500.safetensors"));
    try (Scope scope = Scope.open();
        Network network = WeightsFile.open(weights).load("small-cnn").network();
        InputGradients plan = compiled(network, Precision.BFLOAT16)) {
      Tensor x = images.tensor("images").to(DType.FLOAT32).div(255);
      Tensor labels = images.tensor("labels");
      UnaryOperator<Tensor> slope = z -> Nn.softmax(z, 1).sub(Nn.oneHot(labels, 10));
      Tensor ours = plan.pass(x, slope).gradient();
      Tensor tape = tape(network).pass(x, slope).gradient();
      assertThat(x.size(0)).isEqualTo(500);
      assertThat(cosine(ours, tape)).isGreaterThanOrEqualTo(0.99);
    }
  }

  @Test
  @Tag("slow")
  void memoryStaysFlatOverFiveThousandSteps() {
    try (Scope scope = Scope.open();
        Network network = smallCnn();
        InputGradients plan = compiled(network, Precision.auto())) {
      Tensor x = input(network, 4);
      steps(plan, x, 1000);
      long before = Memory.residentBytes();
      steps(plan, x, 4000);
      assertThat(Memory.residentBytes() - before).isLessThan(32L << 20);
    }
  }

  private static void steps(InputGradients plan, Tensor x, int count) {
    for (int i = 0; i < count; i++) {
      try (Scope step = Scope.open()) {
        x.addInPlace(plan.pass(x, z -> z).gradient().sign(), 0.001);
      }
    }
  }

  private static Network smallCnn() {
    return Architectures.smallCnn(1, 10).initialise(SEED);
  }

  @Test
  void smallCnnHasAPlan() {
    try (Scope scope = Scope.open();
        Network network = smallCnn()) {
      InputGradients fast = network.classifier().gradients(Precision.FLOAT32);
      assertThat(fast).isInstanceOf(Plan.class);
      fast.close();
    }
  }

  @Test
  void theTapeServesLayersWithoutARule() {
    GraphBuilder g = Graph.builder();
    g.input("ids", TensorType.longs(5));
    g.add("e", new Embedding(7, 3));
    g.add("f", new Flatten());
    g.output(g.add("logits", Linear.of(4)));
    try (Network network = Network.initialise(g.build(), Initialisation.PYTORCH, SEED)) {
      assertThat(Plan.compile(network, Precision.FLOAT32)).isEmpty();
    }
  }

  @Test
  void theTapeServesWeightsThatAreNotFinite() {
    try (Scope scope = Scope.open();
        Network network = smallCnn()) {
      network.weights().values().iterator().next().fillInPlace(Double.NaN);
      assertThat(Plan.compile(network, Precision.FLOAT32)).isEmpty();
    }
  }

  @Test
  void sameBitsOnAnyNumberOfWorkers() {
    long open = TensorOwner.openCount();
    try (Scope scope = Scope.open();
        Network network = smallCnn();
        InputGradients plan = compiled(network, Precision.BFLOAT16)) {
      Tensor x = input(network, 32);
      List<float[]> one = gradients(plan, x, 1);
      List<float[]> two = gradients(plan, x, 2);
      for (int i = 0; i < one.size(); i++) {
        assertThat(two.get(i)).containsExactly(one.get(i));
      }
    }
    assertThat(TensorOwner.openCount()).isEqualTo(open);
  }

  private static List<float[]> gradients(InputGradients plan, Tensor x, int count) {
    try (Workers workers = Workers.of(count)) {
      return workers.map(
          4,
          i ->
              plan.pass(x.slice(0, 8L * i, 8L * i + 8), PlanTest::cotangent).gradient().toFloats());
    }
  }
}
