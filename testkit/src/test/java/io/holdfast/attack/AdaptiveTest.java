package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.FeatureAdversary;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.Backward;
import io.holdfast.model.Classifier;
import io.holdfast.model.PipelineClassifier;
import io.holdfast.model.Stage;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Fit;
import io.holdfast.train.Imitation;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Published behaviours of adaptive tools on a small network. */
@ExtendWith(LeakCheck.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdaptiveTest {
  private static final ThreatModel THREAT = ThreatModel.linf(0.06);

  private final Network network = SmallNetworks.trained(new Seed(31));
  private final Classifier model = network.classifier();
  private final Dataset data = SmallNetworks.test(100);
  private final Workers one = Workers.of(1);

  @AfterAll
  void release() {
    network.close();
    one.close();
  }

  private AttackResult attack(Classifier target, Attack attack) {
    return attack(target, attack, data);
  }

  private AttackResult attack(Classifier target, Attack attack, Dataset data) {
    return SmallNetworks.attack(new AttackDriver(target, THREAT, one), attack, data);
  }

  /** Athalye et al. 2018, section 4.1: quantisation hides gradients, and nothing else. */
  @Test
  void bpdaBreaksQuantisationThatPlainPgdCannot() {
    Stage quantise = Stage.quantise(16);
    Pgd pgd = Pgd.steps(10).randomStart(false);
    try (Scope scope = Scope.open()) {
      Classifier masked = PipelineClassifier.of(model, quantise.with(Backward.exact()));
      Classifier honest = PipelineClassifier.of(model, quantise);
      long plain = SmallNetworks.fallen(attack(masked, pgd));
      long broken = SmallNetworks.fallen(attack(honest, pgd));
      long without = SmallNetworks.fallen(attack(model, pgd));
      assertThat(plain).as("the gradient is 0").isZero();
      assertThat(broken).isGreaterThan(without / 2).isGreaterThan(20);
    }
  }

  /** A stage of which nobody tells the derivative, learned from images. */
  @Test
  void aLearnedWayBackBreaksAStageToo() {
    Stage stage = // brightness turned round, and rounded
        new Stage("negative", x -> x.neg().add(1).mul(15).round().mul(1 / 15.0), Backward.exact());
    try (Scope scope = Scope.open()) {
      Tensor images =
          FashionMnist.train().batch(IntStream.range(0, 200).toArray()).inputs().dense();
      Fit fit = new Fit(120, 32, 0.01);
      try (Imitation imitation = Imitation.of(stage, images, 4, fit, new Seed(5))) {
        assertThat(imitation.error()).isLessThan(0.1);
        Classifier undone = // the model sees the image itself again, so that it is right
            PipelineClassifier.of(model, Stage.differentiable("back", x -> x.neg().add(1)));
        Pgd pgd = Pgd.steps(10).randomStart(false);
        long masked = SmallNetworks.fallen(attack(PipelineClassifier.of(undone, stage), pgd));
        Stage learned = stage.with(imitation.backward());
        long broken = SmallNetworks.fallen(attack(PipelineClassifier.of(undone, learned), pgd));
        Stage straight = stage.with(Backward.identity());
        long wrong = SmallNetworks.fallen(attack(PipelineClassifier.of(undone, straight), pgd));
        assertThat(masked).isZero();
        assertThat(broken).isGreaterThan(20).isGreaterThan(wrong);
      }
    }
  }

  /** Shrinks and places at random, anew at each call (Xie et al. 2018, as a defence). */
  private static Stage randomResize(Seed seed) {
    AtomicLong calls = new AtomicLong();
    return new Stage(
        "random-resize",
        x -> {
          RandomGenerator random = seed.split(calls.getAndIncrement()).generator();
          int n = Math.toIntExact(x.size(0));
          float[] maps = new float[6 * n];
          for (int i = 0; i < n; i++) {
            double factor = 1 + 0.35 * random.nextDouble();
            maps[6 * i] = (float) factor;
            maps[6 * i + 2] = (float) ((factor - 1) * (2 * random.nextDouble() - 1));
            maps[6 * i + 4] = (float) factor;
            maps[6 * i + 5] = (float) ((factor - 1) * (2 * random.nextDouble() - 1));
          }
          return Nn.gridSample(x, Nn.affineGrid(Tensors.of(maps, n, 2, 3), x.shape()));
        },
        Backward.exact(),
        true);
  }

  /** Athalye et al. 2018, section 4.2. The verdict is one random pass in both cases. */
  @Test
  void eotBreaksRandomResizeBetterThanOnePass() {
    try (Scope scope = Scope.open()) {
      Pgd last = Pgd.steps(10).track(Pgd.Track.LAST);
      Classifier first = PipelineClassifier.of(model, randomResize(new Seed(6)));
      Classifier second = PipelineClassifier.of(model, randomResize(new Seed(6)));
      assertThat(first.stochastic()).isTrue();
      AttackResult once = attack(first, last);
      AttackResult averaged = attack(second, last.eot(8));
      assertThat(robust(averaged)).isLessThan(robust(once));
    }
  }

  /** Share of the adversarial inputs that other random passes still get right. */
  private double robust(AttackResult result) {
    Classifier fresh = PipelineClassifier.of(model, randomResize(new Seed(7)));
    long[] labels = result.samples().stream().mapToLong(AttackResult.Sample::label).toArray();
    int right = 0;
    for (int i = 0; i < 10; i++) {
      try (Scope scope = Scope.open();
          NoGrad off = NoGrad.on()) {
        long[] said = fresh.logits(result.adversarial()).argmax(1).toLongs();
        right += (int) IntStream.range(0, said.length).filter(k -> said[k] == labels[k]).count();
      }
    }
    return right / (10.0 * labels.length);
  }

  /** Sabour et al. 2016, section 3: features come near the guide's; outputs need not follow. */
  @Test
  void featureAdversariesComeNearTheirGuide() {
    Dataset guide = FashionMnist.train().subset(firstOf(FashionMnist.train(), 8));
    Dataset others = data.subset(IntStream.range(0, 100).filter(i -> data.label(i) != 8).toArray());
    try (Scope scope = Scope.open()) {
      AttackResult feature =
          attack(model, FeatureAdversary.steps(20).at("relu4").towards(guide), others);
      AttackResult pgd = attack(model, Pgd.steps(20), others);
      Tensor wanted = model.activation(SmallNetworks.inputs(guide), "relu4"); // [1, F]
      double before = distance(SmallNetworks.inputs(others), wanted, feature);
      double after = distance(feature.adversarial(), wanted, feature);
      double byPgd = distance(pgd.adversarial(), wanted, feature);
      assertThat(after).isLessThan(0.8 * before).isLessThan(byPgd);
      for (AttackResult.Sample sample : feature.samples()) {
        int steps = sample.cleanPrediction() == sample.label() ? 20 : 0;
        assertThat(sample.gradients()).isEqualTo(steps);
      }
    }
  }

  /** The guide's values cost a query of each round. */
  @Test
  void featureAdversariesKeepToTheirQueries() {
    AttackDriver few = new AttackDriver(model, THREAT.queries(10), one);
    FeatureAdversary twice = FeatureAdversary.steps(20).restarts(2).at("relu4");
    try (Scope scope = Scope.open()) {
      AttackResult result = SmallNetworks.attack(few, twice, data);
      assertThat(result.samples()).allMatch(sample -> sample.queries() <= 10);
      assertThat(result.samples()).anyMatch(sample -> sample.queries() == 10);
    }
  }

  /** Where a run has no sample of another class there is nothing to go to. */
  @Test
  void withoutAGuideASampleStaysAsItIs() {
    Dataset alone = data.first(1);
    try (Scope scope = Scope.open()) {
      AttackResult result = attack(model, FeatureAdversary.steps(5).at("relu4"), alone);
      assertThat(result.adversarial().sameAs(SmallNetworks.inputs(alone))).isTrue();
    }
  }

  private static int firstOf(Dataset from, int label) {
    return IntStream.range(0, from.size())
        .filter(i -> from.label(i) == label)
        .findFirst()
        .orElse(0);
  }

  /** Mean distance of the layer's values, of the samples that were attacked. */
  private double distance(Tensor inputs, Tensor wanted, AttackResult attacked) {
    double[] each =
        model.activation(inputs, "relu4").sub(wanted).square().sum(1).sqrt().toDoubles();
    return IntStream.range(0, each.length)
        .filter(i -> attacked.samples().get(i).gradients() > 0)
        .mapToDouble(i -> each[i])
        .average()
        .orElseThrow();
  }

  /** Without guides of their own they are drawn to other samples of the run, as deep as asked. */
  @Test
  void featureAdversariesFindTheirGuidesInTheRun() {
    try (Scope scope = Scope.open()) {
      long noise =
          SmallNetworks.fallen(attack(model, new RandomNoise(RandomNoise.Kind.UNIFORM, 1)));
      AttackResult last = attack(model, Attacks.parse("feature[steps=10]"));
      AttackResult early = attack(model, Attacks.parse("feature[steps=10,layer=relu1]"));
      assertThat(SmallNetworks.fallen(last)).isGreaterThan(noise);
      assertThat(early.adversarial().toFloats()).isNotEqualTo(last.adversarial().toFloats());
      assertThat(SmallNetworks.fallen(attack(model, Attacks.parse("feature[steps=10,restarts=3]"))))
          .isGreaterThan(SmallNetworks.fallen(last));
    }
  }

  @Test
  void featureAdversariesRefuseWhatDoesNotFit() {
    Dataset guides = FashionMnist.train().first(5);
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> attack(model, FeatureAdversary.steps(5).at("relu9").towards(guides)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("relu9")
          .hasMessageContaining("relu4");
      Stage half = new Stage("half", x -> x, Backward.exact());
      Classifier through = PipelineClassifier.of(model, half);
      assertThat(through.layers()).contains("relu4");
      FeatureAdversary own = FeatureAdversary.steps(5).at("relu4").towards(guides);
      assertThat(own.key()).startsWith("feature[steps=5,layer=relu4,guides=");
      assertThatThrownBy(() -> own.checkInputs(new long[] {3, 8, 8}))
          .hasMessageContaining("guides")
          .hasMessageContaining(Arrays.toString(new long[] {1, 28, 28}));
      Dataset oneClass = guides.subset(firstOf(guides, guides.label(0)));
      assertThatThrownBy(
              () -> attack(model, FeatureAdversary.steps(5).at("relu4").towards(oneClass)))
          .hasMessageContaining("class other than " + guides.label(0));
      assertThat(own).isEqualTo(FeatureAdversary.steps(5).at("relu4").towards(guides));
    }
  }
}
