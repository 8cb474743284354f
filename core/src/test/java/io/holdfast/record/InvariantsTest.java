package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Seed;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class InvariantsTest {
  private static final Attempt RIGHT = Attempt.clean(7, 1).predicted(1, 0.9f, 0.9f).build();
  private static final Attempt WRONG = Attempt.clean(7, 1).predicted(2, 0.9f, 0.1f).build();

  private static Attempt attack(Outcome outcome, int prediction, String threat, double linf) {
    return Attempt.of(Kind.VERDICT, "pgd", 7, 1)
        .threat(threat, 0.1)
        .outcome(outcome)
        .predicted(prediction, 0.9f, 0.1f)
        .distances(10, linf, linf, linf)
        .build();
  }

  private static Attempt certificate(String threat, double radius) {
    return Attempt.of(Kind.CERTIFICATE, "ibp", 7, 1)
        .threat(threat, radius)
        .outcome(Outcome.CERTIFIED)
        .predicted(1, 0.9f, 0.9f)
        .build();
  }

  private static void assertViolated(String rule, Attempt... rows) {
    assertThatThrownBy(() -> Invariants.check(List.of(rows)))
        .isInstanceOf(InvariantViolationException.class)
        .hasMessageContaining("sample 7")
        .hasMessageContaining(rule);
  }

  private static void assertSound(Attempt... rows) {
    assertThatCode(() -> Invariants.check(List.of(rows))).doesNotThrowAnyException();
  }

  @Property(tries = 50, seed = "2026")
  void soundEvaluationsPass(@ForAll long seed) {
    Invariants.check(Rows.evaluation(new Seed(seed).generator(), 30, 3));
  }

  @Test
  void whatIsWrongWhenCleanNeitherFallsNorHolds() {
    assertViolated("wrong when clean", WRONG, attack(Outcome.FELL, 2, "linf:0.1", 0.1));
    assertViolated("wrong when clean", WRONG, attack(Outcome.HELD, 2, "linf:0.1", 0.1));
    assertSound(WRONG, attack(Outcome.SKIPPED_WRONG, 2, "linf:0.1", 0));
    assertViolated("skipped", RIGHT, attack(Outcome.SKIPPED_WRONG, 1, "linf:0.1", 0));
  }

  @Test
  void aUnionIsNotItsFirstBall() {
    assertViolated("left its linf ball", RIGHT, attack(Outcome.HELD, 1, "linf:0.1", 0.3));
    assertSound(RIGHT, attack(Outcome.HELD, 1, "linf:0.1+l2:1.5", 0.3));
    Attempt fell = attack(Outcome.FELL, 2, "l2:1.5", 0.05);
    assertSound(RIGHT, certificate("linf:0.1+l2:1.5", 0.1), fell);
  }

  @Test
  void nothingCertifiedIsWrong() {
    assertViolated("certified although", WRONG, certificate("linf:0.1", 0.1));
    assertSound(RIGHT, certificate("linf:0.1", 0.1));
  }

  @Test
  void noAttackSucceedsInsideACertifiedBall() {
    Attempt fell = attack(Outcome.FELL, 2, "linf:0.1", 0.1);
    assertViolated("certified ball", RIGHT, certificate("linf:0.1", 0.1), fell);
    assertViolated("certified ball", fell, certificate("linf:0.1", 0.3), RIGHT);
    assertViolated("certified ball", RIGHT, certificate("l2:1", 0.2), fell);
    assertSound(RIGHT, certificate("linf:0.1", 0.05), fell);
    assertSound(RIGHT, certificate("rotation", 0.3), fell);
    assertSound(RIGHT, certificate("linf:0.1", 0.3), attack(Outcome.HELD, 1, "linf:0.1", 0.1));
    Attempt turned = attack(Outcome.FELL, 2, "rotation", Double.NaN);
    assertViolated("certified ball", RIGHT, certificate("rotation", 0.1), turned);
  }

  @Test
  void distancesStayWithinEpsilon() {
    assertSound(RIGHT, attack(Outcome.FELL, 2, "linf:0.1", 0.1 + 5e-7));
    assertViolated("left its linf", RIGHT, attack(Outcome.FELL, 2, "linf:0.1", 0.1 + 5e-6));
    assertViolated("left its linf", RIGHT, attack(Outcome.HELD, 1, "linf:0.1", 0.11));
    assertSound(RIGHT, attack(Outcome.FELL, 2, "rotation", 0.9));
    List<Attempt> named = List.of(RIGHT, attack(Outcome.FELL, 2, "mine", 0.9));
    assertThatThrownBy(() -> Invariants.check(named, Map.of("mine", Norm.L2)))
        .isInstanceOf(InvariantViolationException.class)
        .hasMessageContaining("left its l2");
  }

  @Test
  void rowsOfASampleAgree() {
    assertViolated("without a clean row", attack(Outcome.FELL, 2, "linf:0.1", 0.1));
    assertViolated("another row", RIGHT, WRONG);
    assertViolated("two rows", RIGHT, RIGHT);
    assertViolated("prediction is the label", RIGHT, attack(Outcome.FELL, 1, "linf:0.1", 0.1));
    Attempt relabelled = Attempt.clean(7, 2).predicted(2, 0.9f, 0.9f).build();
    assertViolated("two labels", relabelled, attack(Outcome.HELD, 1, "linf:0.1", 0.1));
    Attempt lying = Attempt.clean(7, 1).predicted(2, 0.9f, 0.1f).outcome(Outcome.CORRECT).build();
    assertViolated("disagree", lying);
  }
}
