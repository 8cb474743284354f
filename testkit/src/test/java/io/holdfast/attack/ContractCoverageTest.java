package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.attack.AttackRow;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Ties the registry to the contract: a new attack needs a row for each set of its line. */
class ContractCoverageTest {
  /** Pairs of attack and set without a row, by the reason why they need none. */
  private static final Map<String, String> EXEMPT =
      Map.of(
          "one class: each of its lines has a row in some ball, each ball rows of its lines",
          """
          adam-pgd l1, admix l1, admix l2, bim l1, bim l2, composed l1, composed l2, di-fgsm l1,
          di-fgsm l2, jpeg-pgd l1, jpeg-pgd linf, mi-fgsm l2, momentum-pgd l1, momentum-pgd l2,
          nesterov-pgd l1, nesterov-pgd l2, ni-fgsm l1, ni-fgsm l2, si-ni-fgsm l1, si-ni-fgsm l2,
          ti-fgsm l1, ti-fgsm l2, vmi-fgsm l1, vmi-fgsm l2, vni-fgsm l1, vni-fgsm l2""",
          "one walk along a trail: each of its starts and each of its balls has a row",
          """
          blended-images l2, blended-images linf, blended-noise l1, blended-noise linf,
          gaussian-ladder l1, gaussian-ladder l2, salt-and-pepper l1, salt-and-pepper l2,
          salt-and-pepper linf""",
          "every row of such a set runs it, to be at least as strong",
          """
          uniform-noise corruption, uniform-noise flow, uniform-noise frame, uniform-noise l0,
          uniform-noise l1, uniform-noise l2, uniform-noise patch, uniform-noise pixels,
          uniform-noise recolour, uniform-noise rotation-translation, uniform-noise wasserstein""",
          "the kit's inputs are images; CodesAttackTest has them",
          """
          pgd code-changes, pgd product, uniform-noise code-changes, uniform-noise product""");

  private static List<String> exempt() {
    return EXEMPT.values().stream().flatMap(pairs -> Stream.of(pairs.split(",\\s+"))).toList();
  }

  private static Set<String> listed() {
    Set<String> pairs = new LinkedHashSet<>();
    for (AttackSpec<?> spec : Attacks.describe()) {
      spec.sets().forEach(set -> pairs.add(spec.name() + " " + set));
    }
    return pairs;
  }

  private static Stream<AttackRow> rows() {
    return Stream.of(
            new AttackContractTest().rows(),
            new CorruptionContractTest().rows(),
            new DecisionContractTest().rows(),
            new EnsembleContractTest().rows(),
            new GradientContractTest().rows(),
            new MinimalContractTest().rows(),
            new MinimalSearchContractTest().rows(),
            new PhysicalContractTest().rows(),
            new ScoreContractTest().rows(),
            new SpatialContractTest().rows())
        .flatMap(rows -> rows);
  }

  private static Set<String> covered() {
    return rows().map(ContractCoverageTest::pair).collect(Collectors.toSet());
  }

  private static String pair(AttackRow row) {
    return row.attack().apply(1).name() + " " + row.threat().set().kind();
  }

  @Test
  void everyAttackStandsUnderTheContractInEverySetOfItsLine() {
    Set<String> missing = new TreeSet<>(listed());
    missing.removeAll(covered());
    exempt().forEach(missing::remove);
    assertThat(missing).as("attack and set without a row").isEmpty();
  }

  @Test
  void everyAttackHasAWholeRow() {
    assertThat(rows().filter(row -> !row.brief()).map(row -> row.attack().apply(1).name()))
        .containsAll(Attacks.describe().stream().map(AttackSpec::name).toList());
  }

  /** An exception that is none any more hides what may be lost later. */
  @Test
  void exceptionsAreNeeded() {
    assertThat(exempt()).doesNotHaveDuplicates();
    assertThat(listed()).containsAll(exempt());
    assertThat(covered()).doesNotContainAnyElementsOf(exempt());
  }
}
