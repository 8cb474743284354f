package io.holdfast.testkit.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Deadline;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.evaluate.search.AttackSearch;
import io.holdfast.evaluate.search.AttackSearch.Found;
import io.holdfast.evaluate.search.SearchJournal;
import io.holdfast.evaluate.search.Trial;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttackSearchTest {
  private static final int SLICE = 45;
  private static final String WEAK = "pgd[steps=4,relative_step=0.01,random_start=false]";

  private static AttackSearch search(
      AttackDriver driver, String attack, int trials, SearchJournal journal) {
    return new AttackSearch(
        driver,
        Attacks.parse(attack),
        Suite.TEST.first(SLICE),
        new Seed(2),
        trials,
        journal,
        Progress.silent());
  }

  private static Found found(String attack, ThreatModel threat, int trials, int workers) {
    try (Workers pool = Workers.of(workers)) {
      AttackDriver driver = new AttackDriver(Suite.MODEL, threat, pool);
      return search(driver, attack, trials, SearchJournal.none()).run();
    }
  }

  @Test
  void aStepThatIsMuchTooShortIsMadeLonger() {
    Found found = found(WEAK, ThreatModel.linf(0.1), 18, 1);
    Trial own = found.trials().get(0);
    assertThat(own.attack()).isEqualTo(Attacks.parse(WEAK).key());
    assertThat(own.score().samples()).isEqualTo(SLICE);
    assertThat(found.best().score().standing()).isLessThan(own.score().standing() - 5);
    assertThat(found.best().score().samples()).isEqualTo(SLICE);
    assertThat(found.trials()).hasSize(19);
    assertThat(found.cut()).isFalse();
  }

  @Test
  void noSettingSpendsMoreThanTheOneThatWasGiven() {
    Found found = found("pgd[steps=6]", ThreatModel.linf(0.02), 18, 2);
    assertThat(found.cost().gradients()).isEqualTo(6);
    assertThat(found.trials())
        .allSatisfy(
            trial -> {
              assertThat(trial.score().gradients()).isLessThanOrEqualTo(6);
              assertThat(trial.score().queries())
                  .isLessThanOrEqualTo((double) found.cost().queries());
            })
        .anySatisfy(trial -> assertThat(trial.attack()).contains("restarts="));
    assertThat(found.trials().stream().map(Trial::attack)).doesNotHaveDuplicates();
  }

  @Test
  void halvingSpendsTheSliceOnTheStrongest() {
    Found found = found("pgd[steps=3]", ThreatModel.linf(0.03), 9, 1);
    long[] sizes = found.trials().stream().mapToLong(t -> t.score().samples()).sorted().toArray();
    assertThat(sizes).containsExactly(5, 5, 5, 5, 5, 5, 15, 15, SLICE, SLICE);
  }

  @Test
  void anyNumberOfWorkersFindsTheSame() {
    assertThat(found("pgd[steps=3]", ThreatModel.linf(0.03), 9, 2))
        .isEqualTo(found("pgd[steps=3]", ThreatModel.linf(0.03), 9, 1));
  }

  @Test
  void smallestChangesAreJudgedByTheirMedian() {
    Found found = found("ddn[steps=20]", ThreatModel.smallest(Norm.L2), 9, 1);
    double own = Objects.requireNonNull(found.trials().get(0).score().medianDistance());
    assertThat(Objects.requireNonNull(found.best().score().medianDistance()))
        .isLessThanOrEqualTo(own);
  }

  @Test
  void queriesAreHeldToo() {
    Found found = found("square[queries=30]", ThreatModel.linf(0.05), 9, 1);
    assertThat(found.cost().gradients()).isZero();
    assertThat(found.trials())
        .allSatisfy(trial -> assertThat(trial.score().queries()).isLessThanOrEqualTo(30));
  }

  /** FGSM has no more settings than a few; that is no lack of time, also when it is resumed. */
  @Test
  void whereSettingsRunOutNothingWasCut(@TempDir Path folder) {
    Path file = folder.resolve("search.jsonl");
    try (Workers one = Workers.of(1)) {
      AttackDriver driver = new AttackDriver(Suite.MODEL, ThreatModel.linf(0.03), one);
      Found first;
      try (SearchJournal journal = SearchJournal.open(file, "fgsm", false)) {
        first = search(driver, "fgsm", 900, journal).run();
      }
      assertThat(first.trials()).hasSizeLessThan(901);
      assertThat(first.cut()).isFalse();
      try (SearchJournal journal = SearchJournal.open(file, "fgsm", true)) {
        assertThat(search(driver, "fgsm", 900, journal).run()).isEqualTo(first);
      }
    }
  }

  /** A bracket that time cut short does not count. */
  @Test
  void whereTimeEndsItTheResultIsThatOfFewerSettings() {
    Found whole = found("pgd[steps=3]", ThreatModel.linf(0.03), 9, 1);
    AtomicLong looks = new AtomicLong();
    try (Workers one = Workers.of(1)) {
      AttackDriver driver =
          new AttackDriver(Suite.MODEL, ThreatModel.linf(0.03), one)
              .withDeadline(Deadline.in(Duration.ofNanos(150), looks::incrementAndGet));
      Found cut = search(driver, "pgd[steps=3]", 900, SearchJournal.none()).run();
      assertThat(cut.cut()).isTrue();
      assertThat((cut.trials().size() - 1) % AttackSearch.BRACKET).isZero();
      assertThat(cut.trials()).hasSizeGreaterThanOrEqualTo(10);
      assertThat(cut.trials().subList(0, 10)).isEqualTo(whole.trials());
      AttackSearch again =
          search(
              driver.withDeadline(Deadline.none()),
              "pgd[steps=3]",
              cut.trials().size() - 1,
              SearchJournal.none());
      assertThat(again.run().trials()).isEqualTo(cut.trials());
    }
  }

  @Test
  void whatHasNothingToTuneIsRefused() {
    assertThatThrownBy(() -> found("uniform-noise", ThreatModel.linf(0.05), 9, 1))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> found("deepfool", ThreatModel.l1(5), 9, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("deepfool");
  }
}
