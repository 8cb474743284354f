package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published behaviours of the attacks that look for the smallest change, without a limit. */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SmallestChangesTest {
  private static final int POINTS = 60;
  private static final String CW = "cw[steps=500,rounds=7,weight=0.5,abort_early=false]";

  private final KitModel model = KitModel.trained(new Seed(11));
  private final KitData data = KitData.draw(new Seed(31), POINTS);
  private final Workers workers = Workers.of(2);
  private final Map<List<Object>, List<AttackResult.Sample>> runs = new HashMap<>();

  @AfterAll
  void release() {
    model.close();
    workers.close();
  }

  /** Runs are reproducible, so that one that was made already is not made again. */
  private List<AttackResult.Sample> run(String attack, ThreatModel threat) {
    return runs.computeIfAbsent(List.of(attack, threat), k -> made(model, attack, threat));
  }

  private List<AttackResult.Sample> made(Classifier on, String attack, ThreatModel threat) {
    try (Scope scope = Scope.open()) {
      return new AttackDriver(on, threat, workers)
          .run(Attacks.parse(attack), data.inputs(), data.labels(), data.ids(), new Seed(4))
          .samples();
    }
  }

  /** In {@code measured}, of the points that are attacked; infinite for those that hold. */
  private double[] distances(String attack, Norm norm, Norm measured) {
    return distances(run(attack, ThreatModel.smallest(norm)), measured);
  }

  private static double[] distances(List<AttackResult.Sample> samples, Norm measured) {
    return samples.stream()
        .filter(s -> s.outcome() != Outcome.SKIPPED_WRONG)
        .mapToDouble(
            s ->
                s.outcome() == Outcome.FELL ? s.distances().in(measured) : Double.POSITIVE_INFINITY)
        .toArray();
  }

  private double[] distances(String attack, Norm norm) {
    return distances(attack, norm, norm);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** The part of the points at which {@code a} is at most {@code b}, to a part of it. */
  private static double atMost(double[] a, double[] b, double tolerance) {
    int count = 0;
    for (int i = 0; i < a.length; i++) {
      count += a[i] <= b[i] * (1 + tolerance) ? 1 : 0;
    }
    return (double) count / a.length;
  }

  /**
   * Carlini and Wagner 2017, table IV. On the kit's model, which is nearly linear, DeepFool is
   * within 1% of the best that any attack finds, so that it is held to 2% there. On a bent one the
   * defaults are held to 1%, and a search that does not end its rounds early to 0.
   */
  @Test
  void carliniAndWagnersChangesAreAtMostDeepFools() {
    double[] deepFool = distances("deepfool", Norm.L2);
    assertThat(atMost(distances("cw", Norm.L2), deepFool, 0.02)).isGreaterThanOrEqualTo(0.9);
    ThreatModel threat = ThreatModel.smallest(Norm.L2);
    try (TinyCnn bent = TinyCnn.trained(new Seed(11))) {
      double[] other = distances(made(bent, "deepfool", threat), Norm.L2);
      double[] usual = distances(made(bent, "cw", threat), Norm.L2);
      assertThat(atMost(usual, other, 0.01)).isGreaterThanOrEqualTo(0.9);
      double[] longer = distances(made(bent, CW, threat), Norm.L2);
      assertThat(atMost(longer, other, 0)).isGreaterThanOrEqualTo(0.9);
    }
  }

  /** Pintor et al. 2021, section 3. */
  @Test
  void fmnIsWithinFivePerCentOfDdn() {
    double fmn = median(distances("fmn", Norm.L2));
    assertThat(fmn).isLessThanOrEqualTo(1.05 * median(distances("ddn", Norm.L2)));
  }

  /** Chen et al. 2018, table 1. */
  @Test
  void elasticNetsAreShorterInL1() {
    double[] squares = distances(CW, Norm.L2, Norm.L1);
    for (String rule : List.of("en", "l1")) {
      String ead = "ead[steps=150,rounds=6,rate=0.02,weight=0.1,beta=0.01,rule=" + rule + "]";
      double[] elastic = distances(ead, Norm.L1);
      assertThat(atMost(elastic, squares, 0)).as(rule).isGreaterThanOrEqualTo(0.9);
    }
  }

  @Test
  void fabIsNearTheBestOfAll() {
    for (Norm norm : List.of(Norm.LINF, Norm.L2, Norm.L1)) {
      double fab = median(distances("fab[steps=50]", norm));
      assertThat(fab).as("%s", norm).isLessThanOrEqualTo(1.05 * median(distances("fmn", norm)));
    }
  }

  /** Restarts begin at random within half of what is known: none makes a change larger. */
  @Test
  void fabsRestartsNeverLose() {
    double[] once = distances("fab[steps=3]", Norm.LINF);
    double[] again = distances("fab[steps=3,restarts=4]", Norm.LINF);
    assertThat(atMost(again, once, 0)).isEqualTo(1);
    assertThat(run("fab[steps=3,restarts=4]", ThreatModel.smallest(Norm.LINF)))
        .allMatch(s -> s.outcome() == Outcome.SKIPPED_WRONG || s.gradients() == 4 * 3 * 4);
  }

  /** Cina et al. 2025, table 1. */
  @Test
  void sigmaZeroChangesNoMoreValuesThanOthers() {
    double sigma = median(distances("sigma-zero[steps=200]", Norm.L0));
    for (String other : List.of("fmn[steps=200]", "sparsefool")) {
      assertThat(sigma).as(other).isLessThanOrEqualTo(median(distances(other, Norm.L0)));
    }
  }

  /** Carlini and Wagner 2017, table IV: fewer values than JSMA's. */
  @Test
  void carliniAndWagnerGiveBackAllButAFewValues() {
    double[] cw = distances("cw", Norm.L0);
    double sigma = median(distances("sigma-zero[steps=200]", Norm.L0));
    assertThat(median(cw)).isLessThanOrEqualTo(1.5 * sigma);
    assertThat(mean(cw)).isLessThan(mean(distances("jsma[gamma=1]", Norm.L0)));
    assertThat(run("cw", ThreatModel.smallest(Norm.L0)))
        .as("far below a thousand rounds of a thousand steps")
        .allMatch(s -> s.gradients() < 10_000);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private long gradients(String attack, Norm norm) {
    return run(attack, ThreatModel.smallest(norm)).stream()
        .mapToLong(AttackResult.Sample::gradients)
        .sum();
  }

  /**
   * Brendel et al. 2019, table 1; with restarts, as there: from one start the search ends at the
   * boundary with the class in which it began.
   */
  @Test
  void fromSeveralStartsAlongTheBoundaryIsAtMostAsFarAsDeepFool() {
    String once = "brendel-bethge[steps=20,radius=0.02,momentum=0.5,start=gaussian]";
    String often = once.replace("]", ",restarts=8]");
    double[] along = distances(often, Norm.L2);
    assertThat(mean(along)).isLessThanOrEqualTo(mean(distances("deepfool", Norm.L2)));
    double[] first = distances(once, Norm.L2);
    assertThat(atMost(along, first, 0)).isEqualTo(1);
    assertThat(mean(along)).isLessThan(0.95 * mean(first));
  }

  /** Rony et al. 2021, tables 1 and 2: one run instead of many. */
  @Test
  void anAugmentedLagrangianNeedsFarFewerGradientsThanCarliniAndWagner() {
    String alma = "alma[steps=100,smoothing=0.5]";
    assertThat(mean(distances(alma, Norm.L2)))
        .isLessThanOrEqualTo(1.03 * mean(distances(CW, Norm.L2)));
    assertThat(gradients(alma, Norm.L2)).isLessThan(gradients(CW, Norm.L2) / 20);
    assertThat(median(distances(alma, Norm.L1)))
        .isLessThanOrEqualTo(1.05 * median(distances("fmn", Norm.L1)));
  }

  /** Values that pass 0 stop there, so that those of no use are not changed at all. */
  @Test
  void anAugmentedLagrangianLeavesSomeValuesAloneWhereSizesAreSummed() {
    String alma = "alma[steps=100,smoothing=0.5]";
    double changed = median(distances(alma, Norm.L1, Norm.L0));
    assertThat(changed).isLessThan(0.8 * median(distances(alma, Norm.L2, Norm.L0)));
  }

  /** In L0 a region that shrinks at once would leave the search where it began. */
  @Test
  void alongTheBoundaryValuesAreUndoneAlsoWhenTheRegionHasShrunk() {
    double[] along = distances("brendel-bethge[steps=60,decay=0.01]", Norm.L0);
    assertThat(median(along)).isLessThanOrEqualTo(2 * median(distances("fmn", Norm.L0)));
  }

  /** Matyasko and Chau 2021, table II; in L0 to one value. */
  @Test
  void theGameOfDistanceAndMarginEndsNearTheBestOfOthers() {
    for (Norm norm : List.of(Norm.LINF, Norm.L1, Norm.L0)) {
      double game = median(distances("pdpgd[steps=200]", norm));
      double fmn = median(distances("fmn", norm));
      double most = norm == Norm.L0 ? fmn + 1 : 1.05 * fmn;
      assertThat(game).as("%s", norm).isLessThanOrEqualTo(most);
    }
  }

  /** Wiyatno and Xu 2018, table 1: free to choose class and direction, it needs fewer values. */
  @Test
  void theMaximalSaliencyMapChangesFewerValuesThanATargetedOne() {
    ThreatModel any = ThreatModel.smallest(Norm.L0);
    List<AttackResult.Sample> maximal = run("jsma[gamma=1]", any);
    List<AttackResult.Sample> targeted = run("jsma[gamma=1]", any.wanting(Goal.target(2)));
    int compared = 0;
    double own = 0;
    double other = 0;
    for (int i = 0; i < POINTS; i++) {
      if (targeted.get(i).outcome() == Outcome.FELL) {
        compared++;
        own += maximal.get(i).distances().in(Norm.L0);
        other += targeted.get(i).distances().in(Norm.L0);
      }
    }
    assertThat(compared).isGreaterThan(POINTS / 2);
    assertThat(own).isLessThan(0.8 * other);
  }

  /** Whatever an attack is about, everything falls where any size of change will do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "deepfool; linf",
        "deepfool; l2",
        "ddn[steps=40]; l2",
        "fmn[steps=60]; linf",
        "fmn[steps=60]; l2",
        "fmn[steps=60]; l1",
        "fmn[steps=60]; l0",
        "cw[steps=60,rounds=5,rate=0.05,weight=0.1]; l2",
        "cw[steps=30,rate=0.05,weight=1,rounds=15]; linf",
        "cw[steps=60,rate=0.05,weight=1,rounds=30]; l0",
        "ead[steps=60,rounds=6,rate=0.05,weight=0.1]; l1",
        "sigma-zero[steps=100]; l0",
        "newtonfool; l2",
        "sparsefool; l1",
        "sparsefool; l0",
        "fab[steps=20]; l1",
        "brendel-bethge[steps=30]; linf",
        "brendel-bethge[steps=30,start=images]; l2",
        "brendel-bethge[steps=30]; l1",
        "brendel-bethge[steps=30]; l0",
        "alma[steps=60,smoothing=0.5]; l2",
        "alma[steps=60,smoothing=0.5]; l1",
        "pdpgd[steps=100]; linf",
        "pdpgd[steps=100]; l2",
        "pdpgd[steps=100]; l1",
        "pdpgd[steps=100]; l0",
        "jsma[gamma=1]; l0",
      })
  void everythingFallsAlsoTowardsATarget(String attack, String norm) {
    ThreatModel any = ThreatModel.parse(norm + ":inf");
    List<AttackResult.Sample> untargeted = run(attack, any);
    assertThat(untargeted).noneMatch(s -> s.outcome() == Outcome.HELD);
    List<AttackResult.Sample> towards = run(attack, any.wanting(Goal.target(2)));
    assertThat(towards)
        .filteredOn(s -> s.outcome() == Outcome.FELL)
        .allMatch(s -> s.prediction() == 2)
        .hasSizeGreaterThan(POINTS / 2);
  }
}
