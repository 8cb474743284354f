package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.SearchRule;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.consistency.Vat;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Smaller images first. */
@ExtendWith(LeakCheck.class)
class ResizingTest {
  private static final int SMALL = 14;
  private static final Resizing HALF_THEN_WHOLE =
      new Resizing(new Curve(List.of(new Curve.Point(0, SMALL), new Curve.Point(0.5, 28)), false));

  /** Ends in a global pooling. */
  private static Graph pooled(int side) {
    GraphBuilder g = Graph.builder("pooled");
    g.input("input", TensorType.floats(1, side, side));
    g.add("shrink", AvgPool2d.of(2));
    g.add("conv", Conv2d.of(4, 3).padding(1));
    g.add("norm", new BatchNorm());
    g.add("relu", new Relu());
    g.add("pool", new AdaptiveAvgPool2d(Size.of(1)));
    g.add("flatten", new Flatten());
    return g.output(g.add("out", Linear.of(10))).build();
  }

  private static Run run(Resizing resizing) {
    return new Run()
        .with(r -> r.graph = pooled(28))
        .settings(s -> s.methods(Methods.NONE.with(resizing)));
  }

  /** Each image averaged by the same operation. */
  private static Dataset averaged(Dataset source) {
    DatasetInfo whole = source.info();
    DatasetInfo small =
        new DatasetInfo(whole.name(), List.of(1, SMALL, SMALL), whole.classes(), whole.licence());
    return new ForwardingDataset(source) {
      @Override
      public DatasetInfo info() {
        return small;
      }

      @Override
      public void read(int index, float[] into, int offset) {
        float[] pixels = new float[28 * 28];
        source.read(index, pixels, 0);
        try (Scope scope = Scope.open()) {
          float[] means =
              Nn.adaptiveAvgPool2d(Tensors.of(pixels, 1, 1, 28, 28), SMALL, SMALL).toFloats();
          System.arraycopy(means, 0, into, offset, means.length);
        }
      }
    };
  }

  /** Weights after the first of two epochs. */
  private static String firstEpoch(Run run) {
    run.validation = null;
    try (Network network = run.network();
        Workers pool = Workers.of(2);
        Guides none = Guides.open(run.settings.objective(), run.guides, Device.CPU)) {
      Trainer.train(run.job(network, pool).with(none).until(1), null);
      return network.hash();
    }
  }

  @Test
  void smallerImagesAreLearnedAsIfTheyWereTheData() {
    for (Objective objective :
        List.of(
            new Standard(), Trades.beta(6), new FeaturePairing(0.5, 0.5, Optional.of("relu")))) {
      Run resized = run(HALF_THEN_WHOLE).settings(s -> s.objective(objective));
      Run small =
          new Run()
              .with(r -> r.graph = pooled(SMALL))
              .with(r -> r.train = averaged(Run.TRAIN))
              .settings(s -> s.objective(objective));
      Run whole = new Run().with(r -> r.graph = pooled(28)).settings(s -> s.objective(objective));
      assertThat(firstEpoch(resized))
          .as(objective.name())
          .isEqualTo(firstEpoch(small))
          .isNotEqualTo(firstEpoch(whole));
    }
  }

  @Test
  void imagesOfTheirOwnSizeChangeNothing() {
    Run.Outcome plain = new Run().with(r -> r.graph = pooled(28)).go();
    assertThat(run(new Resizing(Curve.constant(28))).go().weights()).isEqualTo(plain.weights());
    assertThat(run(HALF_THEN_WHOLE).go().weights()).isNotEqualTo(plain.weights());
  }

  @Test
  void anyNumberOfWorkersAndAResumedRunGiveTheSameWeights(@TempDir Path folder) {
    Resizing growing = new Resizing(Curve.ramp(SMALL, 28, 0.8));
    String expected = run(growing).go().weights();
    assertThat(run(growing).with(r -> r.workers = 1).go().weights()).isEqualTo(expected);
    assertThatThrownBy(run(growing).in(folder).stoppingAfter(2)::go)
        .isInstanceOf(RunInterruptedException.class);
    assertThat(run(growing).in(folder).resuming().go().weights()).isEqualTo(expected);
  }

  @Test
  void anotherCurveIsAnotherRun(@TempDir Path folder) {
    assertThatThrownBy(run(HALF_THEN_WHOLE).in(folder).stoppingAfter(2)::go)
        .isInstanceOf(RunInterruptedException.class);
    assertThatThrownBy(run(new Resizing(Curve.ramp(7, 28, 1))).in(folder).resuming()::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.curriculum.side");
  }

  @Test
  void aViewSharesWeightsAndWhatIsFrozen() {
    try (Scope scope = Scope.open();
        Network whole = Network.initialise(pooled(28), Initialisation.PYTORCH, new Seed(1))) {
      Network small = whole.withInput(TensorType.floats(1, SMALL, SMALL));
      assertThat(small.weight("conv.weight")).isSameAs(whole.weight("conv.weight"));
      assertThat(small.apply(Tensors.zeros(2, 1, SMALL, SMALL)).shape()).containsExactly(2, 10);
      whole.freeze(List.of("conv"));
      assertThat(small.trainable()).hasSameSizeAs(whole.trainable());
      small.close();
      assertThat(whole.apply(Tensors.zeros(2, 1, 28, 28)).shape()).containsExactly(2, 10);
    }
  }

  @Test
  void aPassCostsInProportionToTheArea() {
    Graph graph = pooled(28);
    assertThat(Resizing.area(null, graph, 0)).isEqualTo(1);
    assertThat(Resizing.area(HALF_THEN_WHOLE, graph, 0.2)).isCloseTo(0.25, within(1e-12));
    assertThat(Resizing.area(HALF_THEN_WHOLE, graph, 0.5)).isEqualTo(1);
  }

  private static void refused(Run run, String... words) {
    assertThatThrownBy(run::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.curriculum.side")
        .hasMessageContainingAll(words);
  }

  @Test
  void whatItCannotDoIsRefused() {
    refused(run(HALF_THEN_WHOLE).with(r -> r.graph = Run.PLAIN), "global pooling", "out.weight");
    refused(run(new Resizing(Curve.constant(SMALL))), "14 in the last step");
    refused(run(new Resizing(Curve.ramp(32, 28, 1))), "up to 32");
    List<Curve.Point> never = List.of(new Curve.Point(0, SMALL), new Curve.Point(1, 28));
    refused(run(new Resizing(new Curve(never, false))), "14 in the last step");
    List<Curve.Point> late = List.of(new Curve.Point(0, SMALL), new Curve.Point(0.999, 28));
    refused(run(new Resizing(new Curve(late, false))), "14 in the last step");
    refused(run(HALF_THEN_WHOLE).settings(s -> s.objective(Vat.SPEC.usual())), "vat");
    Methods averaged = Methods.NONE.with(HALF_THEN_WHOLE).with(new Swa(0.3, 0, null, 1));
    refused(run(HALF_THEN_WHOLE).settings(s -> s.methods(averaged)), "train.swa.from");
    refused(
        run(HALF_THEN_WHOLE).with(r -> r.threat = ThreatModel.l2(1).within(0, 1)),
        "L-infinity ball");
    refused(run(HALF_THEN_WHOLE).with(r -> r.rule = new SearchRule.Free(2, false)), "free");
    Methods watched = Methods.NONE.with(HALF_THEN_WHOLE).with(OverfittingGuard.standard());
    refused(
        run(HALF_THEN_WHOLE).settings(s -> s.methods(watched)), "train.catastrophic_overfitting");
    Methods warm = Methods.NONE.with(HALF_THEN_WHOLE).withWarmStart(1);
    refused(run(HALF_THEN_WHOLE).settings(s -> s.methods(warm)), "train.warm_start");
  }
}
