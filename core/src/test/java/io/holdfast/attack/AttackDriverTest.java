package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.minimal.BrendelBethge;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Parametric;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AttackDriverTest {
  /** Class 1 where the first feature is above the second. */
  private static final LinearModel MODEL = new LinearModel(2, 0, 1, 1, 0);

  /** Margins 0.05, 0.15 and 0.5 towards class 1, then one that is wrong. */
  private static final float[] POINTS = {0.525f, 0.475f, 0.575f, 0.425f, 0.75f, 0.25f, 0.2f, 0.8f};

  private static AttackResult run(ThreatModel threat) {
    try (Workers workers = Workers.of(1)) {
      Tensor x = Tensors.of(POINTS, 4, 2);
      AttackDriver driver = new AttackDriver(MODEL, threat, workers);
      return driver.run(
          Pgd.steps(10), x, new int[] {1, 1, 1, 1}, new long[] {7, 8, 9, 10}, new Seed(1));
    }
  }

  @Test
  void fellsExactlyWhatTheGeometrySays() {
    try (Scope scope = Scope.open()) {
      assertThat(run(ThreatModel.linf(0.1)).samples())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.FELL, Outcome.HELD, Outcome.SKIPPED_WRONG);
      assertThat(run(ThreatModel.l2(0.1)).samples()) // distance to the boundary: margin / sqrt 2
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.HELD, Outcome.HELD, Outcome.SKIPPED_WRONG);
      assertThat(run(ThreatModel.l1(0.2)).samples()) // distance to the boundary: margin
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.FELL, Outcome.HELD, Outcome.SKIPPED_WRONG);
    }
  }

  @Test
  void aUnionIsAsStrongAsItsStrongestMember() {
    ThreatModel union = ThreatModel.union(ThreatModel.l2(0.01), ThreatModel.linf(0.1));
    try (Scope scope = Scope.open()) {
      assertThat(run(union).held()).isEqualTo(1);
    }
  }

  /** Some attacks, one after the other. */
  private record InTurn(List<Attack> all) implements Attack {
    @Override
    public String name() {
      return "in-turn";
    }

    @Override
    public String key() {
      return name();
    }

    @Override
    public Knowledge needs() {
      return Knowledge.WHITE_BOX;
    }

    @Override
    public List<Attack> stages(ThreatModel threat, int classes) {
      return all;
    }

    @Override
    public Tensor perturb(AttackTask task) {
      throw new AssertionError("its stages are run instead");
    }
  }

  @Test
  void stagesRunOnWhatStillStandsAndAreCountedEach() {
    Attack noise = new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
    Attack pgd = Pgd.steps(10);
    ThreatModel threat = ThreatModel.linf(0.1);
    try (Scope scope = Scope.open()) {
      AttackResult alone = run(MODEL, noise, threat);
      AttackResult both = run(MODEL, new InTurn(List.of(noise, pgd)), threat);
      for (int i = 0; i < 4; i++) {
        AttackResult.Sample single = alone.samples().get(i);
        AttackResult.Sample sample = both.samples().get(i);
        List<AttackResult.Stage> stages = sample.stages();
        if (single.outcome() == Outcome.SKIPPED_WRONG) {
          assertThat(stages).isEmpty();
          continue;
        }
        assertThat(stages.get(0).attack()).isEqualTo("uniform-noise");
        assertThat(stages.get(0).outcome()).isEqualTo(single.outcome());
        assertThat(stages).hasSize(single.outcome() == Outcome.FELL ? 1 : 2);
        assertThat(stages.get(stages.size() - 1).outcome()).isEqualTo(sample.outcome());
        assertThat(stages.stream().mapToLong(AttackResult.Stage::gradients).sum())
            .isEqualTo(sample.gradients());
        assertThat(stages.stream().mapToLong(AttackResult.Stage::queries).sum())
            .isEqualTo(sample.queries());
      }
      assertThat(both.samples())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.FELL, Outcome.HELD, Outcome.SKIPPED_WRONG);
      assertThat(both.samples().get(2).stages()).hasSize(2);
      assertThat(both.samples().get(2).stages().get(1).gradients()).isEqualTo(10);
    }
  }

  /** Each format is opened once, when a stage first needs it. */
  @Test
  void onlyStagesThatNeedFloat32SearchInIt() {
    List<Precision> opened = new ArrayList<>();
    Classifier watched =
        new Classifier() {
          @Override
          public int classes() {
            return 2;
          }

          @Override
          public long[] inputShape() {
            return new long[] {2};
          }

          @Override
          public Tensor logits(Tensor x) {
            return MODEL.logits(x);
          }

          @Override
          public InputGradients gradients(Precision precision) {
            opened.add(precision);
            return new TapeGradients(MODEL, Precision.FLOAT32);
          }
        };
    Attack exact = BrendelBethge.SPEC.usual().steps(1);
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      AttackDriver driver =
          new AttackDriver(watched, ThreatModel.linf(0.01), one).withPrecision(Precision.BFLOAT16);
      Tensor x = Tensors.of(POINTS, 4, 2);
      int[] labels = {1, 1, 1, 1};
      long[] ids = {7, 8, 9, 10};
      Attack mixed = new InTurn(List.of(Pgd.steps(1), exact, Pgd.steps(2)));
      assertThat(driver.run(mixed, x, labels, ids, new Seed(1)).precision()).isEqualTo("bfloat16");
      assertThat(opened).containsExactly(Precision.BFLOAT16, Precision.FLOAT32);
      opened.clear();
      assertThat(driver.run(exact, x, labels, ids, new Seed(1)).precision()).isEqualTo("float32");
      assertThat(opened).containsExactly(Precision.FLOAT32);
    }
  }

  @Test
  void aStageThatDoesNotFitIsRefused() {
    Attack both = new InTurn(List.of(new RandomNoise(RandomNoise.Kind.UNIFORM, 1), Pgd.steps(10)));
    ThreatModel blackBox = ThreatModel.linf(0.1).knowing(Knowledge.SCORE);
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> run(MODEL, both, blackBox))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("knowledge");
    }
  }

  private static AttackResult run(Classifier model, Attack attack, ThreatModel threat) {
    try (Workers workers = Workers.of(1)) {
      AttackDriver driver = new AttackDriver(model, threat, workers);
      Tensor x = Tensors.of(POINTS, 4, 2);
      return driver.run(attack, x, new int[] {1, 1, 1, 1}, new long[] {7, 8, 9, 10}, new Seed(1));
    }
  }

  /** The search sees every sample misclassified at once; the model itself refutes it. */
  @Test
  void aSuccessThatTheModelRefutesInFloat32StaysAlive() {
    Classifier deluded =
        new Classifier() {
          @Override
          public int classes() {
            return 2;
          }

          @Override
          public long[] inputShape() {
            return new long[] {2};
          }

          @Override
          public Tensor logits(Tensor x) {
            return MODEL.logits(x);
          }

          @Override
          public InputGradients gradients(Precision precision) {
            return new TapeGradients(new LinearModel(2, 9, 9, -9, -8), precision);
          }
        };
    try (Scope scope = Scope.open()) {
      AttackResult result = run(deluded, Pgd.steps(3), ThreatModel.linf(0.01));
      assertThat(result.held()).isEqualTo(3);
      assertThat(result.samples().get(0).gradients()).isEqualTo(3);
      assertThat(result.samples().get(0).checks()).isEqualTo(1 + 3 + 1);
    }
  }

  /**
   * Bfloat16 rounds 0.5005 to 0.5 and sees a tie, which counts for class 0; in float32 a margin of
   * 0.05 is out of reach, one of 0.01 is not. Processors without bfloat16 emulate it.
   */
  @Test
  void aSuccessInBfloat16ThatFloat32RefutesStaysAlive() {
    LinearModel steep = new LinearModel(2, 100, 0, 0, 100);
    int[] labels = {1, 1};
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1);
        TapeGradients rounded = new TapeGradients(steep, Precision.BFLOAT16)) {
      Tensor x = Tensors.of(new float[] {0.5f, 0.5005f, 0.5f, 0.5001f}, 2, 2);
      assertThat(rounded.logits(x).argmax(1).toLongs()).containsExactly(0, 0);
      assertThat(steep.logits(x).argmax(1).toLongs()).containsExactly(1, 1);
      AttackResult result =
          new AttackDriver(steep, ThreatModel.linf(1e-4), workers)
              .withPrecision(Precision.BFLOAT16)
              .run(Pgd.steps(3), x, labels, new long[] {7, 8}, new Seed(1));
      assertThat(result.precision()).isEqualTo("bfloat16");
      AttackResult.Sample held = result.samples().get(0);
      assertThat(held.outcome()).isEqualTo(Outcome.HELD);
      assertThat(held.prediction()).isEqualTo(1);
      assertThat(held.gradients()).as("it goes on searching").isEqualTo(3);
      assertThat(held.checks()).as("each success was refuted").isEqualTo(1 + 3 + 1);
      assertThat(result.samples().get(1).outcome()).isEqualTo(Outcome.FELL);
      assertThat(steep.logits(result.adversarial()).argmax(1).toLongs()).containsExactly(1, 0);
    }
  }

  @Test
  void fallenSamplesStopSpendingGradients() {
    try (Scope scope = Scope.open()) {
      List<AttackResult.Sample> samples =
          run(MODEL, Pgd.steps(10).randomStart(false).restarts(2), ThreatModel.linf(0.1)).samples();
      // A margin of 0.05 falls with the first step of 0.025 in both values or the second.
      assertThat(samples.get(0).gradients()).isBetween(2L, 3L);
      assertThat(samples.get(2).gradients()).isEqualTo(20);
      assertThat(samples.get(3).gradients()).isZero();
    }
  }

  @Test
  void theQueryBudgetIsKept() {
    try (Scope scope = Scope.open()) {
      AttackResult result = run(MODEL, Pgd.steps(10), ThreatModel.linf(0.1).queries(4));
      assertThat(result.samples()).allMatch(s -> s.queries() <= 4);
      assertThat(result.samples().get(2).queries()).isEqualTo(4);
    }
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(
              () -> run(MODEL, Pgd.steps(1), ThreatModel.linf(0.1).knowing(Knowledge.SCORE)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("knowledge");
      assertThatThrownBy(
              () -> run(MODEL, Pgd.steps(1), ThreatModel.linf(0.1).wanting(Goal.target(2))))
          .hasMessageContaining("a class below 2");
      assertThatThrownBy(() -> run(MODEL, Pgd.steps(1).loss(Losses.DLR), ThreatModel.linf(0.1)))
          .hasMessageContaining("at least 3 classes");
      assertThatThrownBy(() -> run(MODEL, Pgd.steps(1), ThreatModel.linf(3)))
          .hasMessageContaining("width of the domain");
    }
  }

  /** An attack whose set's projection is wrong is an error of ours, never a success. */
  @Test
  void leavingTheThreatModelIsAnError() {
    PerturbationSet lying =
        new Parametric() {
          @Override
          public List<Double> bounds(long[] shape) {
            return List.of(0.1);
          }

          @Override
          public Tensor transform(Tensor clean, Tensor theta, Domain domain) {
            return clean.add(theta);
          }

          @Override
          public double[] transform(double[] clean, long[] shape, double[] theta, Domain domain) {
            return clean.clone();
          }

          @Override
          public double tolerance(long[] shape, Domain domain) {
            return 1e-6;
          }

          @Override
          public String key() {
            return "lying";
          }

          @Override
          public String describe() {
            return "lie";
          }

          @Override
          public Map<String, Object> toMap() {
            return Map.of();
          }

          @Override
          public double epsilon() {
            return 0.1;
          }

          @Override
          public PerturbationSet scaled(double factor) {
            return this;
          }
        };
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(
              () -> run(MODEL, new RandomNoise(RandomNoise.Kind.UNIFORM, 1), ThreatModel.of(lying)))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("left the threat model at sample 7");
    }
  }

  @Test
  void progressAddsUpAndAStopIsHeeded() {
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      AtomicLong done = new AtomicLong();
      Stopper stopper = Stopper.manual();
      AttackDriver driver =
          new AttackDriver(MODEL, ThreatModel.linf(0.1), workers)
              .withProgress(done::addAndGet)
              .withStopper(stopper);
      Tensor x = Tensors.of(POINTS, 4, 2);
      int[] labels = {1, 1, 1, 1};
      long[] ids = {7, 8, 9, 10};
      driver.run(Pgd.steps(3).restarts(2), x, labels, ids, new Seed(1));
      assertThat(done.get()).isEqualTo(4);
      stopper.request();
      assertThatThrownBy(() -> driver.run(Pgd.steps(3), x, labels, ids, new Seed(1)))
          .isInstanceOf(RunInterruptedException.class);
    }
  }
}
