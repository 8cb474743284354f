package io.holdfast.testkit.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.RandomNoise;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.TensorOwner;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every attack keeps, through the driver, over 200 images and a small trained model. A test
 * class extends this and gives one row per attack.
 */
@ExtendWith(LeakCheck.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class AttackContract {
  private static final Seed SEED = new Seed(11);
  private static final int POINTS = 200;
  private static final int RESTARTS = 3;

  private final KitModel model = KitModel.trained(SEED);
  private final KitData data = KitData.draw(SEED.split("test"), POINTS);
  private final Workers one = Workers.of(1);
  private final Workers two = Workers.of(2);

  /** The attacks under the contract. */
  protected abstract Stream<AttackRow> rows();

  @AfterAll
  void release() {
    model.close();
    one.close();
    two.close();
  }

  @TestFactory
  Stream<DynamicNode> contract() {
    return rows().map(this::tests);
  }

  private DynamicContainer tests(AttackRow row) {
    List<DynamicNode> tests = new ArrayList<>();
    add(tests, "stays inside the threat model and the domain", row, this::staysInside);
    add(tests, "what fell is misclassified, what held is not", row, this::verdictsAreTheModels);
    add(tests, "is at least as strong as random noise", row, this::beatsNoise);
    add(tests, "grows with restarts, sample by sample", row, this::growsWithRestarts);
    add(tests, "grows with epsilon over 200 points", row, this::growsWithEpsilon);
    add(tests, "is reproducible", row, this::isReproducible);
    add(tests, "gives the same bits on 1 and 2 workers", row, this::ignoresWorkers);
    add(tests, "does not depend on the order of the samples", row, this::ignoresOrder);
    add(tests, "counts queries, gradients and checks", row, this::counts);
    add(tests, "never changes what is wrong already", row, this::sparesTheWrong);
    add(tests, "handles a batch of one", row, this::handlesOne);
    add(tests, "leaves model and inputs untouched", row, this::leavesNoTrace);
    add(tests, "holds no native memory", row, this::holdsNoMemory);
    add(tests, "reaches the target", row, this::reachesTarget);
    add(tests, "reports what is not finite", row, this::reportsNonFinite);
    add(tests, "refuses inputs that are NaN or outside the domain", row, this::refusesBadInputs);
    return dynamicContainer(row.name(), tests);
  }

  private static void add(
      List<DynamicNode> tests, String name, AttackRow row, Consumer<AttackRow> test) {
    tests.add(
        dynamicTest(
            name,
            () -> {
              try (Scope scope = Scope.open()) {
                test.accept(row);
              }
            }));
  }

  private AttackResult run(AttackRow row) {
    return run(model, row.attack().apply(1), row.threat(), one, data);
  }

  private static AttackResult run(
      Classifier model, Attack attack, ThreatModel threat, Workers workers, KitData on) {
    AttackDriver driver = new AttackDriver(model, threat, workers);
    return driver.run(attack, on.inputs(), on.labels(), on.ids(), SEED);
  }

  private static long fallen(AttackResult result) {
    return result.samples().stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  private void staysInside(AttackRow row) {
    AttackResult result = run(row);
    Membership.require(row.threat(), data.inputs(), result.adversarial());
    assertThat(fallen(result)).as("a row falls some of the time").isBetween(1L, POINTS - 1L);
  }

  private void verdictsAreTheModels(AttackRow row) {
    AttackResult result = run(row);
    long[] predictions = model.logits(result.adversarial()).argmax(1).toLongs();
    for (int i = 0; i < POINTS; i++) {
      Sample s = result.samples().get(i);
      assertThat((long) s.prediction()).isEqualTo(predictions[i]);
      assertThat(s.prediction() == s.label()).isEqualTo(s.outcome() == Outcome.HELD);
      assertThat(s.confidence()).isBetween(0.2f, 1f);
    }
  }

  private void beatsNoise(AttackRow row) {
    Attack noise = new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
    long byNoise = fallen(run(model, noise, row.threat(), one, data));
    assertThat(fallen(run(row))).isGreaterThanOrEqualTo(byNoise);
  }

  private void growsWithRestarts(AttackRow row) {
    List<Sample> before = run(row).samples();
    List<Sample> after =
        run(model, row.attack().apply(RESTARTS), row.threat(), one, data).samples();
    for (int i = 0; i < POINTS; i++) {
      if (before.get(i).outcome() == Outcome.FELL) {
        assertThat(after.get(i).outcome()).as("sample %d", i).isEqualTo(Outcome.FELL);
      }
    }
  }

  private void growsWithEpsilon(AttackRow row) {
    long last = 0;
    for (double factor : new double[] {0, 0.25, 0.5, 1, 1.5}) {
      ThreatModel threat = row.threat().with(row.threat().set().scaled(factor));
      long now = fallen(run(model, row.attack().apply(1), threat, one, data));
      assertThat(now).as("factor %s", factor).isGreaterThanOrEqualTo(last);
      assertThat(factor == 0 && now > 0).as("falls to a ball of size 0").isFalse();
      last = now;
    }
  }

  private void isReproducible(AttackRow row) {
    requireSame(run(row), run(row));
  }

  private void ignoresWorkers(AttackRow row) {
    Attack attack = row.attack().apply(2);
    requireSame(
        run(model, attack, row.threat(), one, data), run(model, attack, row.threat(), two, data));
  }

  private static void requireSame(AttackResult a, AttackResult b) {
    assertThat(a.samples()).isEqualTo(b.samples());
    assertThat(a.adversarial().sameAs(b.adversarial())).isTrue();
  }

  /** Outcomes may differ only by the rounding of kernels: on a sample in a hundred at most. */
  private void ignoresOrder(AttackRow row) {
    int[] back = new int[POINTS];
    Arrays.setAll(back, i -> POINTS - 1 - i);
    KitData reversed = data.select(back);
    AttackDriver driver = new AttackDriver(model, row.threat(), one);
    AttackResult other =
        driver.run(
            row.attack().apply(1), reversed.inputs(), reversed.labels(), data.ids(back), SEED);
    AttackResult usual = run(row);
    int different = 0;
    for (int i = 0; i < POINTS; i++) {
      Outcome a = usual.samples().get(i).outcome();
      different += a == other.samples().get(back[i]).outcome() ? 0 : 1;
    }
    assertThat(different).isLessThanOrEqualTo(POINTS / 100);
  }

  private void counts(AttackRow row) {
    CountingClassifier counting = new CountingClassifier(model);
    AttackResult result = run(counting, row.attack().apply(2), row.threat(), two, data);
    List<Sample> samples = result.samples();
    assertThat(samples.stream().mapToLong(Sample::queries).sum())
        .isEqualTo(counting.forwards.get());
    assertThat(samples.stream().mapToLong(Sample::gradients).sum())
        .isEqualTo(counting.backwards.get());
    assertThat(samples.stream().mapToLong(Sample::checks).sum()).isEqualTo(counting.verdicts.get());
    boolean whiteBox = row.attack().apply(1).needs() == Knowledge.WHITE_BOX;
    assertThat(counting.backwards.get() > 0).isEqualTo(whiteBox);
  }

  private void sparesTheWrong(AttackRow row) {
    int[] labels = data.labels();
    for (int i = 0; i < POINTS; i += 3) {
      labels[i] = (labels[i] + 1) % KitData.CLASSES;
    }
    AttackDriver driver = new AttackDriver(model, row.threat(), one);
    Tensor x = data.inputs();
    AttackResult result = driver.run(row.attack().apply(2), x, labels, data.ids(), SEED);
    int wrong = 0;
    for (int i = 0; i < POINTS; i++) {
      Sample s = result.samples().get(i);
      if (s.cleanPrediction() != s.label()) {
        wrong++;
        assertThat(s.outcome()).isEqualTo(Outcome.SKIPPED_WRONG);
        assertThat(s.queries() + s.gradients()).isZero();
        assertThat(result.adversarial().select(0, i).sameAs(x.select(0, i))).isTrue();
      }
    }
    assertThat(wrong).isGreaterThan(POINTS / 4);
  }

  /** A universal perturbation for one sample is another one, so that only its run is looked at. */
  private void handlesOne(AttackRow row) {
    boolean universal = row.attack().apply(1).scope() == SampleScope.UNIVERSAL;
    List<Sample> together = run(row).samples();
    int different = 0;
    for (int i = 0; i < 20; i++) {
      KitData single = data.select(i);
      AttackDriver driver = new AttackDriver(model, row.threat(), one);
      AttackResult alone =
          driver.run(row.attack().apply(1), single.inputs(), single.labels(), data.ids(i), SEED);
      boolean same = alone.samples().get(0).outcome() == together.get(i).outcome();
      different += same || universal ? 0 : 1;
    }
    assertThat(different).as("different alone, beyond rounding").isLessThanOrEqualTo(1);
  }

  private void leavesNoTrace(AttackRow row) {
    String before = model.hash();
    Tensor x = data.inputs();
    Tensor copy = x.clone();
    new AttackDriver(model, row.threat(), two)
        .run(row.attack().apply(2), x, data.labels(), data.ids(), SEED);
    assertThat(model.hash()).isEqualTo(before);
    assertThat(x.sameAs(copy)).isTrue();
  }

  private void holdsNoMemory(AttackRow row) {
    long before = TensorOwner.openCount();
    try (Scope scope = Scope.open()) {
      run(row);
    }
    assertThat(TensorOwner.openCount()).isEqualTo(before);
  }

  /** Fallen means that the target was reached; with twice the size many samples are. */
  private void reachesTarget(AttackRow row) {
    int target = 2;
    ThreatModel wide = row.threat().with(row.threat().set().scaled(2)).wanting(Goal.target(target));
    AttackResult result = run(model, row.attack().apply(2), wide, one, data);
    for (Sample s : result.samples()) {
      if (s.outcome() == Outcome.FELL) {
        assertThat(s.prediction()).isEqualTo(target);
        assertThat(s.label()).isNotEqualTo(target);
      }
    }
    if (row.attack().apply(1).needs() == Knowledge.WHITE_BOX) {
      assertThat(fallen(result)).isGreaterThan(POINTS / 4);
    }
  }

  private void reportsNonFinite(AttackRow row) {
    Attack attack = row.attack().apply(1);
    if (attack.needs() == Knowledge.WHITE_BOX) {
      assertThatThrownBy(() -> run(Broken.gradients(model), attack, row.threat(), one, data))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("input gradient of sample")
          .hasMessageContaining("not finite");
    }
    assertThatThrownBy(() -> run(Broken.logits(model), attack, row.threat(), one, data))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("logit of sample")
        .hasMessageContaining("not finite");
  }

  private void refusesBadInputs(AttackRow row) {
    AttackDriver driver = new AttackDriver(model, row.threat(), one);
    Attack attack = row.attack().apply(1);
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -0.1, 1.1}) {
      Tensor x = data.inputs();
      x.select(0, 3).fillInPlace(bad);
      assertThatThrownBy(() -> driver.run(attack, x, data.labels(), data.ids(), SEED))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("inputs");
    }
  }
}
