package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Composed;
import io.holdfast.attack.gradient.FrankWolfe;
import io.holdfast.attack.gradient.Line;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.SmoothField;
import io.holdfast.attack.universal.AdversarialPatch;
import io.holdfast.attack.universal.Poses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.model.Backward;
import io.holdfast.model.DifferentiableJpeg;
import io.holdfast.model.PipelineClassifier;
import io.holdfast.model.Stage;
import io.holdfast.model.graph.Network;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Flow;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Recolouring;
import io.holdfast.threat.SquarePatch;
import io.holdfast.threat.ThreatModel;
import io.holdfast.threat.Wasserstein;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is published about patches, JPEG and transport, on a small convolutional network. */
@ExtendWith(LeakCheck.class)
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PhysicalTest {
  private static final ThreatModel PATCH = ThreatModel.of(new SquarePatch(8));

  private final Network network = SmallNetworks.trained(new Seed(41));
  private final Dataset data = SmallNetworks.test(100);
  private final Workers one = Workers.of(1);

  /**
   * For what differs by a few samples in a hundred, of which the processor's kernels decide some.
   */
  private final List<Network> several =
      List.of(network, SmallNetworks.trained(new Seed(42)), SmallNetworks.trained(new Seed(43)));

  private final Dataset more = SmallNetworks.test(300);

  @AfterAll
  void release() {
    several.forEach(Network::close);
    one.close();
  }

  private AttackResult run(Attack attack, ThreatModel threat) {
    AttackDriver driver = new AttackDriver(network.classifier(), threat, one);
    return SmallNetworks.attack(driver, attack, data);
  }

  private long fallen(Attack attack, ThreatModel threat) {
    try (Scope scope = Scope.open()) {
      return SmallNetworks.fallen(run(attack, threat));
    }
  }

  /** Brown et al. 2017, figure 3: more than random colours at as many places, also to a target. */
  @Test
  void oneTrainedPatchDoesWhatRandomOnesCannot() {
    AdversarialPatch trained = AdversarialPatch.all(30).relativeStep(0.1).with(Poses.PLACES);
    Attack noise = new RandomNoise(RandomNoise.Kind.UNIFORM, trained.tries());
    assertThat(fallen(trained, PATCH)).isGreaterThan(fallen(noise, PATCH) + 10);
    ThreatModel bags = ThreatModel.of(new SquarePatch(16)).wanting(Goal.target(8));
    assertThat(fallen(trained, bags)).isGreaterThan(2 * fallen(noise, bags));
  }

  /** At equal steps; each has fallen at some place that the search passed by. */
  @Test
  void aPatchForEachSampleIsStrongerThanOneForAll() {
    for (ThreatModel threat : List.of(PATCH, PATCH.wanting(Goal.target(8)))) {
      long each = fallen(AdversarialPatch.each(30).tries(1), threat);
      long all = fallen(AdversarialPatch.all(30).tries(1).with(Poses.PLACES), threat);
      assertThat(each).as("%s", threat.goal()).isGreaterThan(all + 10);
    }
  }

  /** Upright and in full size the same pixels are seen in every image. */
  @Test
  void allSamplesGetTheSamePatch() {
    try (Scope scope = Scope.open()) {
      Tensor clean = SmallNetworks.inputs(data);
      AdversarialPatch plan = AdversarialPatch.all(5).tries(1).with(Poses.PLACES);
      AttackResult result = run(plan, PATCH);
      Set<List<Integer>> patches = new HashSet<>();
      for (int i = 0; i < data.size(); i++) {
        double[] before = clean.select(0, i).toDoubles();
        double[] after = result.adversarial().select(0, i).toDoubles();
        int first =
            IntStream.range(0, 784).filter(p -> before[p] != after[p]).findFirst().orElse(-1);
        boolean full = IntStream.range(0, 784).filter(p -> before[p] != after[p]).count() == 64;
        if (full) { // elsewhere some pixel of the image has the patch's colour already
          patches.add(
              IntStream.range(0, 64)
                  .mapToObj(p -> (int) Math.round(1e4 * after[first + p / 8 * 28 + p % 8]))
                  .toList());
        }
      }
      assertThat(patches).hasSize(1);
    }
  }

  @Test
  void aPatchLargerThanTheImageCoversItAndNoPatchChangesNothing() {
    long most = fallen(AdversarialPatch.all(5).tries(1), ThreatModel.of(new SquarePatch(99)));
    assertThat(most).isGreaterThan(50);
    assertThat(fallen(AdversarialPatch.each(2), ThreatModel.of(new SquarePatch(0)))).isZero();
    assertThat(fallen(AdversarialPatch.all(2), ThreatModel.of(new SquarePatch(1)))).isLessThan(20);
  }

  @Test
  void unionsAreRefusedForAllSamplesTogether() {
    ThreatModel union = ThreatModel.union(PATCH, ThreatModel.of(new SquarePatch(2)));
    assertThatThrownBy(() -> fallen(AdversarialPatch.all(2), union))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("one patch");
    assertThatThrownBy(() -> fallen(AdversarialPatch.each(2), ThreatModel.linf(0.1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("eot-patch");
  }

  /** Shin and Song 2017, section 5: more is left of it than of PGD at equal gradients. */
  @Test
  void throughJpegChangesSurviveBeingSaved() {
    long saved = 0;
    long plain = 0;
    long stopped = 0;
    for (Network network : several) {
      AttackDriver driver = new AttackDriver(network.classifier(), ThreatModel.linf(0.04), one);
      saved += wrongAfterSaving(driver, Composed.of(Line.JPEG_PGD).steps(10));
      plain += wrongAfterSaving(driver, Pgd.steps(30).track(Pgd.Track.LAST));
      stopped += wrongAfterSaving(driver, Pgd.steps(30));
    }
    assertThat(saved).isGreaterThan(plain + 15);
    assertThat(saved).isGreaterThan(stopped * 4 / 3);
  }

  /** How many are wrong as pictures of quality 50, and of 70. */
  private long wrongAfterSaving(AttackDriver driver, Attack attack) {
    long wrong = 0;
    try (Scope scope = Scope.open()) {
      Tensor found = SmallNetworks.attack(driver, attack, more).adversarial();
      for (int quality : new int[] {50, 70}) {
        Tensor picture = new DifferentiableJpeg(quality).compress(found);
        long[] seen = driver.model().logits(picture).argmax(1).toLongs();
        wrong += IntStream.range(0, more.size()).filter(i -> seen[i] != more.label(i)).count();
      }
    }
    return wrong;
  }

  /** Where much is lost the approximation's slope leads further than the identity. */
  @Test
  void aDefenceByJpegIsAttackedThroughItsApproximation() {
    Stage jpeg = Stage.jpeg(10);
    List<Long> fallen = new ArrayList<>();
    for (Stage stage : List.of(jpeg, jpeg.with(Backward.identity()))) {
      PipelineClassifier defended = PipelineClassifier.of(network.classifier(), stage);
      AttackDriver driver = new AttackDriver(defended, ThreatModel.linf(0.04), one);
      try (Scope scope = Scope.open()) {
        fallen.add(SmallNetworks.fallen(SmallNetworks.attack(driver, Pgd.steps(10), data)));
      }
    }
    assertThat(fallen.get(0)).isGreaterThan(fallen.get(1));
  }

  @Test
  void jpegNeedsImagesOfOneOrThreeChannels() {
    Attack attack = Composed.of(Line.JPEG_PGD);
    attack.checkInputs(new long[] {3, 1, 1});
    for (long[] shape : new long[][] {{2, 8, 8}, {784}}) {
      assertThatThrownBy(() -> attack.checkInputs(shape))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("jpeg-pgd");
    }
    assertThat(Attacks.parse("jpeg-pgd[quality=95,jpeg=1]").key())
        .isEqualTo(Attacks.parse("jpeg-pgd[jpeg=1,quality=95,best_quality=95]").key());
    assertThat(Attacks.parse("di-fgsm[jpeg=2,admix=1]").key()).isEqualTo("di-fgsm[admix=1,jpeg=2]");
  }

  /** Wu et al. 2020, table 1: at equal steps, with and without a target. */
  @Test
  void frankWolfeMovesBrightnessBetterThanProjectedSteps() {
    ThreatModel any = ThreatModel.of(new Wasserstein(0.05));
    ThreatModel bags = ThreatModel.of(new Wasserstein(0.15)).wanting(Goal.target(8));
    for (ThreatModel threat : List.of(any, bags)) {
      long best = fallenOfSeveral(FrankWolfe.steps(10), threat);
      assertThat(best).isGreaterThan(fallenOfSeveral(Pgd.steps(10), threat) + 12);
      Attack noise = new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
      assertThat(best).isGreaterThan(5 * fallenOfSeveral(noise, threat));
    }
  }

  private long fallenOfSeveral(Attack attack, ThreatModel threat) {
    long fallen = 0;
    for (Network network : several) {
      AttackDriver driver = new AttackDriver(network.classifier(), threat, one);
      try (Scope scope = Scope.open()) {
        fallen += SmallNetworks.fallen(SmallNetworks.attack(driver, attack, more));
      }
    }
    return fallen;
  }

  /** Chen et al. 2020, section 5: about as strong as PGD where the ball has corners. */
  @Test
  void frankWolfeIsAboutAsStrongAsPgdInTheMaximumNorm() {
    ThreatModel threat = ThreatModel.linf(0.05);
    long pgd = fallen(Pgd.steps(10), threat);
    assertThat(fallen(FrankWolfe.steps(10), threat)).isGreaterThanOrEqualTo(pgd - 2);
  }

  /**
   * Xiao et al. 2018, equation 3: what the penalty is for. Fields of those that fall with both are
   * compared; more than noise falls, and the penalty costs few.
   */
  @Test
  void aPenaltyMakesFieldsSmoother() {
    ThreatModel flow = ThreatModel.of(new Flow(1, 28));
    ThreatModel colour = ThreatModel.of(new Recolouring(0.3, 16, 0));
    smoother(SmoothField.of(SmoothField.Medium.FLOW, 60), flow, 28, 2);
    smoother(SmoothField.of(SmoothField.Medium.COLOUR, 30), colour, 16, 1);
  }

  private void smoother(SmoothField attack, ThreatModel threat, int grid, int axes) {
    try (Scope scope = Scope.open()) {
      AttackResult free = run(attack.penalty(0), threat);
      AttackResult smooth = run(attack, threat);
      double freely = 0;
      double smoothly = 0;
      for (int i = 0; i < data.size(); i++) {
        AttackResult.Sample one = free.samples().get(i);
        AttackResult.Sample other = smooth.samples().get(i);
        if (one.outcome() == Outcome.FELL && other.outcome() == Outcome.FELL) {
          freely += variation(one.variables(), grid, axes);
          smoothly += variation(other.variables(), grid, axes);
        }
      }
      assertThat(smoothly).as(attack.name()).isPositive().isLessThan(0.8 * freely);
      Attack noise = new RandomNoise(RandomNoise.Kind.UNIFORM, 1);
      assertThat(SmallNetworks.fallen(smooth)).isGreaterThan(fallen(noise, threat));
      assertThat(SmallNetworks.fallen(smooth))
          .isGreaterThanOrEqualTo(SmallNetworks.fallen(free) * 3 / 4);
    }
  }

  /** The mean difference of neighbours, along every axis. */
  private static double variation(List<Float> field, int grid, int axes) {
    double sum = 0;
    for (int i = 0; i < field.size(); i++) {
      for (int axis = 0, behind = 1; axis < axes; axis++, behind *= grid) {
        sum += i / behind % grid < grid - 1 ? Math.abs(field.get(i + behind) - field.get(i)) : 0;
      }
    }
    return sum / field.size();
  }

  @Test
  void frankWolfeRefusesSetsWithHoles() {
    assertThatThrownBy(() -> fallen(FrankWolfe.steps(2), PATCH))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("frank-wolfe");
  }
}
