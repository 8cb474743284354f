package io.holdfast.evaluate.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.evaluate.AttackCost;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchPartsTest {
  private static final long[] SHAPE = {1, 4, 4};
  private static final ThreatModel THREAT = ThreatModel.linf(0.1);

  private static FixedCost cost(String attack) {
    return new FixedCost(Attacks.parse(attack), THREAT, SHAPE, 3);
  }

  /** More restarts or passes mean fewer steps, never more gradients or queries. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pgd[steps=10]|pgd[restarts=3]|pgd[steps=3,restarts=3]",
        "pgd[steps=10]|pgd[eot=5]|pgd[steps=2,eot=5]",
        "pgd[steps=10]|pgd[restarts=11]|none",
        "pgd[steps=8,restarts=4]|pgd[restarts=1]|pgd[steps=32]",
        "pgd[steps=12]|pgd[targets=all]|pgd[steps=6,targets=all]",
        "apgd-ce[steps=20]|apgd-ce[restarts=4]|apgd-ce[steps=4,restarts=4]",
        "square[queries=50]|square[restarts=5]|square[queries=10,restarts=5]",
      })
  void theCostIsHeld(String typed, String settings, String expected) {
    FixedCost cost = cost(typed);
    Optional<Attack> attack = cost.within(Call.parse(settings));
    assertThat(attack.map(Attack::key).orElse("none"))
        .isEqualTo(expected.equals("none") ? expected : Attacks.parse(expected).key());
    attack.ifPresent(
        found -> {
          AttackCost spent = AttackCost.of(found, THREAT, SHAPE, 3);
          assertThat(spent.gradients()).isLessThanOrEqualTo(cost.limit().gradients());
          assertThat(spent.queries()).isLessThanOrEqualTo(cost.limit().queries());
        });
  }

  @Test
  void anAttackThatSpendsNothingIsRefused() {
    assertThatThrownBy(() -> cost("blended-images"))
        .as("a sample that holds has no image of another class")
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("spends gradients or queries");
  }

  @Test
  void anAttackThatCanOnlyBeRepeatedIsRefused() {
    assertThatThrownBy(() -> cost("uniform-noise[restarts=9]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("settings beside restarts");
  }

  private static Tried tried(boolean fell, double missing, double distance) {
    return new Tried(0, true, fell, missing, distance, 1, 1);
  }

  @Test
  void withinALimitThoseThatStandCountFirst() {
    Score fewer = Score.of(List.of(tried(true, 0, 0.1), tried(false, 9, 0)), false);
    Score nearer = Score.of(List.of(tried(false, 0.1, 0), tried(false, 0.1, 0)), false);
    Score further = Score.of(List.of(tried(false, 0.2, 0), tried(false, 0.1, 0)), false);
    assertThat(Score.STRONGEST.compare(fewer, nearer)).isNegative();
    assertThat(Score.STRONGEST.compare(nearer, further)).isNegative();
    assertThat(fewer.missing()).isEqualTo(4.5);
    assertThat(fewer.medianDistance()).isNull();
  }

  @Test
  void ofSmallestChangesTheMedianCountsAndNoneFoundIsInfinite() {
    Score near = Score.of(List.of(tried(true, 0, 1), tried(true, 0, 1), tried(true, 0, 50)), true);
    Score far = Score.of(List.of(tried(true, 0, 2), tried(true, 0, 2), tried(true, 0, 2)), true);
    Score few =
        Score.of(List.of(tried(true, 0, 0.1), tried(false, 1, 0), tried(false, 1, 0)), true);
    assertThat(near.medianDistance()).isEqualTo(1);
    assertThat(few.medianDistance()).isNull();
    assertThat(Score.STRONGEST.compare(near, far)).isNegative();
    assertThat(Score.STRONGEST.compare(far, few)).isNegative();
  }

  /** Nobody attacks a sample that is of the wanted class already. */
  @Test
  void costsAreCountedWhateverIsWanted() {
    for (int target = 0; target < 3; target++) {
      ThreatModel within = THREAT.wanting(Goal.target(target));
      ThreatModel any = ThreatModel.smallest(Norm.LINF).wanting(Goal.target(target));
      assertThat(AttackCost.of(Pgd.steps(3), within, SHAPE, 3).gradients()).isEqualTo(3);
      assertThat(AttackCost.of(Attacks.parse("fab-t[steps=3]"), any, SHAPE, 3).queries())
          .isPositive();
    }
  }

  @Test
  void whatIsWrongWhenCleanDoesNotCount() {
    Tried wrong = new Tried(0, false, false, 0, 0, 0, 0);
    Score score = Score.of(List.of(wrong, tried(true, 0, 1)), false);
    assertThat(score.attacked()).isEqualTo(1);
    assertThat(score.standing()).isZero();
    assertThat(score.samples()).isEqualTo(2);
    assertThat(Score.of(List.of(wrong), true).medianDistance()).isNull();
  }

  @Test
  void theJournalGoesOnBehindALineThatWasCut(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("search.jsonl");
    List<Tried> some = List.of(tried(true, 0, 0.1 + 0.2), tried(false, 1e-9, 0));
    try (SearchJournal journal = SearchJournal.open(file, "one", false)) {
      journal.add("pgd[steps=3]", 0, some);
      journal.end(new SearchJournal.End(9, 4, true));
    }
    Files.writeString(file, "{\"attack\":\"fgsm\",\"fr", StandardOpenOption.APPEND);
    try (SearchJournal journal = SearchJournal.open(file, "one", true)) {
      assertThat(journal.find("pgd[steps=3]", 0, 2)).isEqualTo(some);
      assertThat(journal.find("pgd[steps=3]", 0, 3)).isNull();
      assertThat(journal.find("pgd[steps=3]", 2, 4)).isNull();
      assertThat(journal.ended(9)).hasValue(new SearchJournal.End(9, 4, true));
      assertThat(journal.ended(10)).isEmpty();
      journal.add("fgsm", 0, some);
    }
    try (SearchJournal journal = SearchJournal.open(file, "one", true)) {
      assertThat(journal.find("fgsm", 0, 2)).isEqualTo(some);
    }
    List<String> lines = Files.readAllLines(file);
    assertThatThrownBy(() -> SearchJournal.open(file, "two", true))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the journal of this search");
    assertThat(Files.readAllLines(file)).isEqualTo(lines);
    try (SearchJournal other = SearchJournal.open(file, "two", false)) {
      assertThat(other.find("fgsm", 0, 2)).isNull();
    }
    assertThat(Files.readAllLines(file)).hasSize(1);
  }

  @Test
  void theNumberOfAttacksIsCounted() {
    // own 90; nine on 10, three more 20, one more 60
    assertThat(AttackSearch.attacks(9, 90)).isEqualTo(90 + 90 + 60 + 60);
    assertThat(AttackSearch.attacks(10, 90)).isEqualTo(300 + 90);
  }
}
