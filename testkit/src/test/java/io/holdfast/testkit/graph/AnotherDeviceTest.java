package io.holdfast.testkit.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.Attacks;
import io.holdfast.bundle.Bundle;
import io.holdfast.bundle.Predictor;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.model.plan.Plan;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Networks on a stand-in for another device against the same on the processor: equal bits, and no
 * operation on tensors of both.
 */
@EnabledIfSystemProperty(named = "holdfast.devicecheck", matches = "true")
class AnotherDeviceTest {
  private static final Device THERE = new Device(0);
  private static final Seed SEED = new Seed(77);
  private static final int GRAPHS = 60;

  @Test
  void everyLayerComputesWhereTheWeightsAre() {
    for (int i = 0; i < GRAPHS; i++) {
      Seed seed = SEED.split(i);
      Graph graph = RandomGraphs.next(seed);
      try (Scope scope = Scope.open();
          Network here = RandomGraphs.network(graph, seed);
          Network there = here.copy().to(THERE)) {
        Tensor x =
            Rng.of(seed.split("x")).uniform(0, 1, RandomGraphs.input(graph).shape().batched(3));
        List<Tensor> a = everything(here, x, seed);
        List<Tensor> b = everything(there, x.to(THERE), seed);
        assertThat(b).hasSameSizeAs(a);
        for (int k = 0; k < a.size(); k++) {
          assertThat(b.get(k).device()).isEqualTo(THERE);
          assertThat(b.get(k).to(Device.CPU).sameAs(a.get(k))).as("graph %s", graph).isTrue();
        }
      }
    }
  }

  /** Logits and gradients of plan and tape, and those of a training step with its statistics. */
  private static List<Tensor> everything(Network network, Tensor x, Seed seed) {
    List<Tensor> all = new ArrayList<>();
    try (InputGradients plan = Plan.compile(network, Precision.FLOAT32).orElseThrow();
        InputGradients reduced = Plan.compile(network, Precision.BFLOAT16).orElseThrow()) {
      InputGradients tape = new TapeGradients(network.classifier(), Precision.FLOAT32);
      for (InputGradients source : List.of(plan, reduced, tape)) {
        InputGradients.Pass pass = source.pass(x, z -> z.sub(1));
        all.addAll(List.of(pass.logits(), pass.gradient(), source.logits(x)));
      }
    }
    Map<String, Tensor> leaves = new LinkedHashMap<>(network.weights());
    network.trainable().forEach(p -> leaves.computeIfPresent(p.name(), (n, w) -> w.asLeaf()));
    Mode mode = Mode.training(seed.split("layers"), BatchNormPolicy.GHOST);
    Tensor leaf = x.asLeaf(); // [N, C, H, W]
    Forward.Result result = Forward.run(network.graph(), leaves, List.of(leaf), mode);
    Tensor loss =
        result.value(network.graph().outputs().get(0)).to(DType.FLOAT32).square().sum(); // []
    List<Tensor> trained = new ArrayList<>(List.of(leaf));
    network.trainable().forEach(p -> trained.add(Objects.requireNonNull(leaves.get(p.name()))));
    for (@Nullable Tensor slope : Autograd.gradAllowUnused(loss, trained)) {
      if (slope != null) {
        all.add(slope);
      }
    }
    network.updateStatistics(List.of(result.statistics()));
    all.addAll(network.weights().values());
    return all;
  }

  @Test
  void movesWeightsThereAndBack() {
    try (Scope scope = Scope.open();
        Network network = small()) {
      String before = network.hash();
      Tensor weight = network.weights().values().iterator().next();
      assertThat(network.to(Device.CPU).weights().values().iterator().next()).isSameAs(weight);
      network.to(THERE);
      assertThat(network.device()).isEqualTo(THERE);
      assertThat(network.copy().device()).isEqualTo(THERE);
      assertThat(network.hash()).isEqualTo(before);
      assertThat(network.to(Device.CPU).hash()).isEqualTo(before);
    }
  }

  private static Network small() {
    return Network.initialise(
        Architectures.smallCnn(1, 10).graph(), Initialisation.PYTORCH, SEED.split("small"));
  }

  /** On compiled plans; the contract of every attack has the same on the tape. */
  @ParameterizedTest
  @ValueSource(
      strings = {"pgd[steps=3]", "square[queries=60]", "fab[steps=3]", "apgd-dlr[steps=4]"})
  void attacksComputeWhereTheWeightsAre(String key) {
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1);
        Network here = small();
        Network there = here.copy().to(THERE)) {
      Tensor x = Rng.of(SEED.split("x")).uniform(0, 1, 12, 1, 28, 28);
      AttackResult a = attack(key, here, x, one);
      AttackResult b = attack(key, there, x, one);
      assertThat(b.samples()).isEqualTo(a.samples());
      assertThat(b.adversarial().sameAs(a.adversarial())).isTrue();
    }
  }

  private static AttackResult attack(String key, Network network, Tensor x, Workers workers) {
    int[] labels;
    try (NoGrad off = NoGrad.on()) {
      labels =
          LongStream.of(network.apply(x.to(network.device())).argmax(1).toLongs())
              .mapToInt(Math::toIntExact)
              .toArray();
    }
    long[] ids = IntStream.range(0, labels.length).asLongStream().toArray();
    return new AttackDriver(network.classifier(), ThreatModel.linf(0.02).within(0, 1), workers)
        .run(Attacks.parse(key), x, labels, ids, SEED);
  }

  @Test
  void bundlesAndPredictorsDoNotTellTheDevice(@TempDir Path folder) throws IOException {
    Network network = small();
    Provenance origin = Provenance.of("none", SEED, Map.of(), Settings.of(Map.of()));
    float[][] samples = new float[3][28 * 28];
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < samples.length; i++) {
        samples[i] = Rng.of(SEED.split(i)).uniform(0, 1, 28 * 28).toFloats();
      }
    }
    try (Bundle bundle = Bundle.of(network).provenance(origin).build()) {
      float[][] before = logits(bundle, samples);
      bundle.write(folder.resolve("here.holdfast"));
      network.to(THERE);
      assertThat(logits(bundle, samples)).isDeepEqualTo(before);
      bundle.write(folder.resolve("there.holdfast"));
      assertThat(Files.mismatch(folder.resolve("here.holdfast"), folder.resolve("there.holdfast")))
          .isEqualTo(-1);
    }
  }

  private static float[][] logits(Bundle bundle, float[][] samples) {
    try (Predictor predictor = bundle.predictor()) {
      return predictor.logits(samples);
    }
  }
}
