package io.holdfast.testkit.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.RandomNoise;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
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
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
  private static final int FEW = 20;
  private static final int RESTARTS = 2;

  /** With the system property {@code holdfast.devicecheck} a stand-in, in ordinary memory. */
  private static final Device OTHER = new Device(0);

  private KitModel model;
  private KitData data;
  private Workers one;
  private Workers two;
  private SharedScope kept;

  /** The attacks under the contract. */
  protected abstract Stream<AttackRow> rows();

  /** What the tests need, but not {@link #rows()}. */
  @BeforeAll
  void prepare() {
    model = KitModel.trained(SEED);
    data = KitData.draw(SEED.split("test"), POINTS);
    one = Workers.of(1);
    two = Workers.of(2);
    kept = Scope.shared();
  }

  @AfterAll
  void release() {
    kept.close();
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
    Runs runs = new Runs(row);
    add(tests, "stays inside the threat model and the domain", runs, this::staysInside);
    add(tests, "what fell is misclassified, what held is not", runs, this::verdictsAreTheModels);
    add(tests, "is at least as strong as random noise", runs, this::beatsNoise);
    add(tests, "holds no native memory", runs, this::holdsNoMemory);
    add(tests, "counts queries, gradients and checks", runs, this::counts);
    add(tests, "leaves model and inputs untouched", runs, this::leavesNoTrace);
    add(tests, "reaches the target", runs, this::reachesTarget);
    if (!row.brief()) {
      addOthers(tests, runs);
    }
    return dynamicContainer(row.name(), tests);
  }

  private void addOthers(List<DynamicNode> tests, Runs runs) {
    add(tests, "grows with restarts, sample by sample", runs, this::growsWithRestarts);
    add(tests, "grows with epsilon over 200 points", runs, this::growsWithEpsilon);
    add(tests, "gives the same bits again, on 1 and 2 workers", runs, this::ignoresWorkers);
    add(tests, "gives the same bits on another device", runs, this::ignoresDevice);
    add(tests, "does not depend on the order of the samples", runs, this::ignoresOrder);
    add(tests, "never changes what is wrong already", runs, this::sparesTheWrong);
    add(tests, "handles a batch of one", runs, this::handlesOne);
    add(tests, "reports what is not finite", runs, this::reportsNonFinite);
    add(tests, "refuses inputs that are NaN or outside the domain", runs, this::refusesBadInputs);
  }

  private static void add(List<DynamicNode> tests, String name, Runs runs, Consumer<Runs> test) {
    tests.add(
        dynamicTest(
            name,
            () -> {
              try (Scope scope = Scope.open()) {
                test.accept(runs);
              }
            }));
  }

  /** The runs of a row that several tests look at, each made when the first of them does. */
  private final class Runs {
    private final AttackRow row;
    private final Supplier<AttackResult> usual;
    private final Supplier<AttackResult> restarted;
    private final Supplier<Watched> watched;

    Runs(AttackRow row) {
      this.row = row;
      usual = new Once<>(() -> keep(run(row.threat(), 1)));
      restarted = new Once<>(() -> keep(run(row.threat(), RESTARTS)));
      watched = new Once<>(this::watch);
    }

    AttackRow row() {
      return row;
    }

    ThreatModel threat() {
      return row.threat();
    }

    /** One restart on one worker. */
    AttackResult usual() {
      return usual.get();
    }

    /** All restarts on one worker. */
    AttackResult restarted() {
      return restarted.get();
    }

    /** All restarts on two workers. */
    Watched watched() {
      return watched.get();
    }

    boolean whiteBox() {
      return row.attack().apply(1).needs() == Knowledge.WHITE_BOX;
    }

    /** A run of its own on one worker. */
    AttackResult run(ThreatModel threat, int restarts) {
      return AttackContract.run(model, row.attack().apply(restarts), threat, one, data);
    }

    private AttackResult keep(AttackResult result) {
      return new AttackResult(
          result.attack(),
          result.seed(),
          result.shard(),
          result.precision(),
          kept.adopt(result.adversarial()),
          result.samples(),
          result.earlierSeconds());
    }

    private Watched watch() {
      CountingClassifier counting = new CountingClassifier(model);
      String before = model.hash();
      Tensor x = data.inputs();
      Tensor copy = x.clone();
      Attack attack = row.attack().apply(RESTARTS);
      long open = TensorOwner.openCount();
      AttackResult result;
      try (Scope scope = Scope.open()) {
        AttackDriver driver = new AttackDriver(counting, row.threat(), two);
        result = keep(driver.run(attack, x, data.labels(), data.ids(), SEED));
      }
      long left = TensorOwner.openCount() - open;
      boolean untouched = model.hash().equals(before) && x.sameAs(copy);
      return new Watched(result, counting, left, untouched);
    }
  }

  /** A value that is made when it is first asked for. */
  private static final class Once<T> implements Supplier<T> {
    private final Supplier<T> source;
    private @Nullable T value;

    Once(Supplier<T> source) {
      this.source = source;
    }

    @Override
    public T get() {
      if (value == null) {
        value = source.get();
      }
      return value;
    }
  }

  /** A run with a look at what it did to its surroundings. */
  private record Watched(
      AttackResult result, CountingClassifier counting, long left, boolean untouched) {}

  private static AttackResult run(
      Classifier model, Attack attack, ThreatModel threat, Workers workers, KitData on) {
    AttackDriver driver = new AttackDriver(model, threat, workers);
    return driver.run(attack, on.inputs(), on.labels(), on.ids(), SEED);
  }

  /** Fails as well where an operation meets tensors of two devices, see {@link #OTHER}. */
  private void ignoresDevice(Runs runs) {
    assumeTrue(Boolean.getBoolean("holdfast.devicecheck"), "a stand-in for another device");
    try (KitModel there = model.on(OTHER)) {
      AttackResult result = run(there, runs.row().attack().apply(1), runs.threat(), one, data);
      assertThat(result.adversarial().device()).isEqualTo(Device.CPU);
      requireSame(result, runs.usual());
    }
  }

  private static long fallen(AttackResult result) {
    return result.samples().stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  private void staysInside(Runs runs) {
    AttackResult result = runs.usual();
    Membership.require(runs.threat(), data.inputs(), result);
    assertThat(fallen(result)).as("a row falls some of the time").isBetween(1L, POINTS - 1L);
  }

  private void verdictsAreTheModels(Runs runs) {
    AttackResult result = runs.usual();
    long[] predictions = model.logits(result.adversarial()).argmax(1).toLongs();
    for (int i = 0; i < POINTS; i++) {
      Sample s = result.samples().get(i);
      assertThat((long) s.prediction()).isEqualTo(predictions[i]);
      assertThat(s.prediction() == s.label()).isEqualTo(s.outcome() == Outcome.HELD);
      assertThat(s.confidence()).isBetween(0.2f, 1f);
    }
  }

  private void beatsNoise(Runs runs) {
    Attack noise = new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
    long byNoise = fallen(run(model, noise, runs.threat(), one, data));
    assertThat(fallen(runs.usual())).isGreaterThanOrEqualTo(byNoise);
  }

  private void growsWithRestarts(Runs runs) {
    Attack once = runs.row().attack().apply(1);
    boolean has =
        once instanceof ListedAttack<?> listed
            && listed.parameters().stream().anyMatch(p -> p.name().equals("restarts"));
    assertThat(once.equals(runs.row().attack().apply(RESTARTS)))
        .as("the row hands its restarts to an attack that has them")
        .isEqualTo(!has);
    List<Sample> before = runs.usual().samples();
    List<Sample> after = runs.restarted().samples();
    for (int i = 0; i < POINTS; i++) {
      if (before.get(i).outcome() == Outcome.FELL) {
        assertThat(after.get(i).outcome()).as("sample %d", i).isEqualTo(Outcome.FELL);
      }
    }
  }

  private void growsWithEpsilon(Runs runs) {
    ThreatModel nothing = runs.threat().with(runs.threat().set().scaled(0));
    KitData few = data.select(IntStream.range(0, FEW).toArray());
    assertThat(fallen(run(model, runs.row().attack().apply(1), nothing, one, few)))
        .as("falls to a ball of size 0")
        .isZero();
    long last = 0;
    for (double factor : new double[] {0.5, 1, 1.5}) {
      ThreatModel threat = runs.threat().with(runs.threat().set().scaled(factor));
      long now = fallen(factor == 1 ? runs.usual() : runs.run(threat, 1));
      assertThat(now).as("factor %s", factor).isGreaterThanOrEqualTo(last);
      last = now;
    }
  }

  private void holdsNoMemory(Runs runs) {
    assertThat(runs.watched().left()).as("scopes left open by a run").isZero();
  }

  /** Both runs are made anew, so that this sees as well what is not reproducible. */
  private void ignoresWorkers(Runs runs) {
    requireSame(runs.restarted(), runs.watched().result());
  }

  private static void requireSame(AttackResult a, AttackResult b) {
    assertThat(a.samples()).isEqualTo(b.samples());
    assertThat(a.adversarial().sameAs(b.adversarial())).isTrue();
  }

  /** Outcomes may differ only by the rounding of kernels: on a sample in a hundred at most. */
  private void ignoresOrder(Runs runs) {
    int[] back = new int[POINTS];
    Arrays.setAll(back, i -> POINTS - 1 - i);
    KitData reversed = data.select(back);
    AttackDriver driver = new AttackDriver(model, runs.threat(), one);
    Attack attack = runs.row().attack().apply(1);
    AttackResult other =
        driver.run(attack, reversed.inputs(), reversed.labels(), data.ids(back), SEED);
    AttackResult usual = runs.usual();
    int different = 0;
    for (int i = 0; i < POINTS; i++) {
      Outcome a = usual.samples().get(i).outcome();
      different += a == other.samples().get(back[i]).outcome() ? 0 : 1;
    }
    assertThat(different).isLessThanOrEqualTo(POINTS / 100);
  }

  private void counts(Runs runs) {
    CountingClassifier counting = runs.watched().counting();
    List<Sample> samples = runs.watched().result().samples();
    long forwards = counting.forwards.get();
    long verdicts = counting.verdicts.get() - samples.size(); // but for the clean inputs
    assertThat(samples.stream().mapToLong(Sample::queries).sum())
        .as("passes of the search; where it asks nothing, the verdicts on its points")
        .isEqualTo(forwards > 0 ? forwards : verdicts);
    assertThat(samples.stream().mapToLong(Sample::gradients).sum())
        .isEqualTo(counting.backwards.get());
    assertThat(samples.stream().mapToLong(Sample::checks).sum()).isEqualTo(counting.verdicts.get());
    assertThat(counting.backwards.get() > 0).isEqualTo(runs.whiteBox());
  }

  private void sparesTheWrong(Runs runs) {
    int[] labels = data.labels();
    for (int i = 0; i < POINTS; i += 3) {
      labels[i] = (labels[i] + 1) % KitData.CLASSES;
    }
    AttackDriver driver = new AttackDriver(model, runs.threat(), one);
    Tensor x = data.inputs();
    Attack attack = runs.row().attack().apply(1);
    AttackResult result = driver.run(attack, x, labels, data.ids(), SEED);
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

  /** What depends on other samples may end otherwise alone, so that only its run is looked at. */
  private void handlesOne(Runs runs) {
    Attack attack = runs.row().attack().apply(1);
    List<Sample> together = runs.usual().samples();
    int different = 0;
    int counted = 0;
    for (int i = 0; i < FEW / 2; i++) {
      KitData single = data.select(i);
      AttackDriver driver = new AttackDriver(model, runs.threat(), one);
      AttackResult alone = driver.run(attack, single.inputs(), single.labels(), data.ids(i), SEED);
      Sample own = alone.samples().get(0);
      Sample among = together.get(i);
      boolean depends = runs.row().together();
      different += own.outcome() == among.outcome() || depends ? 0 : 1;
      boolean same = own.queries() == among.queries() && own.gradients() == among.gradients();
      counted += same || depends ? 0 : 1;
    }
    assertThat(different).as("different alone, beyond rounding").isLessThanOrEqualTo(1);
    assertThat(counted).as("asked about differently alone").isLessThanOrEqualTo(1);
  }

  private void leavesNoTrace(Runs runs) {
    assertThat(runs.watched().untouched()).isTrue();
  }

  /**
   * Fallen means that the target was reached; with twice the size many samples are by those who see
   * gradients, and some by everyone. An attack that steers leads there some that end elsewhere
   * where it only leads away from the label.
   */
  private void reachesTarget(Runs runs) {
    int target = 2;
    ThreatModel wide =
        runs.threat().with(runs.threat().set().scaled(2)).wanting(Goal.target(target));
    AttackResult result = runs.run(wide, RESTARTS);
    for (Sample s : result.samples()) {
      if (s.outcome() == Outcome.FELL) {
        assertThat(s.prediction()).isEqualTo(target);
        assertThat(s.label()).isNotEqualTo(target);
      }
    }
    if (!runs.row().attack().apply(1).steers()) {
      return;
    }
    assertThat(fallen(result))
        .as("samples that are led to the target")
        .isGreaterThan(POINTS / (runs.whiteBox() ? 4 : 20));
    if (!runs.row().brief()) {
      List<Sample> anywhere = runs.run(wide.wanting(Goal.anyWrong()), RESTARTS).samples();
      long led =
          IntStream.range(0, POINTS)
              .filter(i -> result.samples().get(i).outcome() == Outcome.FELL)
              .filter(i -> anywhere.get(i).prediction() != target)
              .count();
      assertThat(led).as("of them, without steering elsewhere").isGreaterThan(POINTS / 40);
    }
  }

  private void reportsNonFinite(Runs runs) {
    Attack attack = runs.row().attack().apply(1);
    if (runs.whiteBox()) {
      assertThatThrownBy(() -> run(Broken.gradients(model), attack, runs.threat(), one, data))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("input gradient of sample")
          .hasMessageContaining("not finite");
    }
    assertThatThrownBy(() -> run(Broken.logits(model), attack, runs.threat(), one, data))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("logit of sample")
        .hasMessageContaining("not finite");
  }

  private void refusesBadInputs(Runs runs) {
    AttackDriver driver = new AttackDriver(model, runs.threat(), one);
    Attack attack = runs.row().attack().apply(1);
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -0.1, 1.1}) {
      Tensor x = data.inputs();
      x.select(0, 3).fillInPlace(bad);
      assertThatThrownBy(() -> driver.run(attack, x, data.labels(), data.ids(), SEED))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("inputs");
    }
  }
}
