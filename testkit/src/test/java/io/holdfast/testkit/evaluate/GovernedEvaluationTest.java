package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.MODEL;
import static io.holdfast.testkit.evaluate.Suite.TEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Deadline;
import io.holdfast.common.OutOfMemoryException;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Gauges.Load;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Hours;
import io.holdfast.evaluate.Estimate;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.attack.ForwardingClassifier;
import io.holdfast.testkit.governor.ScriptedGauges;
import io.holdfast.threat.ThreatModel;
import java.time.Duration;
import java.time.LocalTime;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attacks under pressure: the same rows, later. */
class GovernedEvaluationTest {
  private static final Budgets OTHERS = new Budgets(0, 0, 1, null, null, false, 0, false, null);

  private static Evaluation evaluation(Classifier model) {
    return Evaluation.of(model)
        .against(ThreatModel.linf(0.05))
        .with(Pgd.steps(5))
        .workers(2)
        .shard(8)
        .chunk(32)
        .examples(0);
  }

  @Test
  void loadChangesWhenAttacksRunAndNotWhatTheyFind() {
    EvaluationResult free = evaluation(MODEL).on(TEST.first(64));
    AtomicLong asked = new AtomicLong();
    ScriptedGauges gauges = new ScriptedGauges();
    gauges.load(
        second -> {
          gauges.advance(0.5);
          long n = asked.incrementAndGet();
          return new Load(2, n > 10 ? 0 : n > 6 ? 2 : n > 3 ? 1 : 0);
        });
    Classifier slow =
        new ForwardingClassifier(MODEL) {
          @Override
          public Tensor logits(Tensor x) {
            gauges.advance(0.3);
            return super.logits(x);
          }
        };
    try (Governor governor = Governor.of(OTHERS, gauges, 2, Progress.silent(), Stopper.manual())) {
      EvaluationResult governed = evaluation(slow).governor(governor).on(TEST.first(64));
      assertThat(Suite.list(governed.rows())).isEqualTo(Suite.list(free.rows()));
      assertThat(governor.journal().decisions())
          .extracting(Decision::what)
          .contains(What.WORKERS, What.PAUSE);
      assertThat(governor.journal().decisions())
          .allSatisfy(d -> assertThat(d.phase()).isIn("clean", Pgd.steps(5).key()));
    }
  }

  /** Without the wait there were time for all; the clock moves for nothing else. */
  @Test
  void aWaitIsPartOfTheBudget() {
    ScriptedGauges gauges = new ScriptedGauges().startingAt(LocalTime.of(21, 0));
    Budgets night = new Budgets(0, 0, 0, Hours.parse("22:00-06:00"), null, false, 0, false, null);
    try (Governor governor = Governor.of(night, gauges, 2, Progress.silent(), Stopper.manual())) {
      Deadline end = Deadline.in(Duration.ofMinutes(30), gauges::nanos);
      governor.until(end);
      EvaluationResult cut = evaluation(MODEL).governor(governor).until(end).on(TEST.first(64));
      assertThat(gauges.seconds()).isBetween(1800.0, 1801.0);
      assertThat(cut.card().incomplete()).containsEntry(Pgd.steps(5).key(), 64L);
      Evaluation slow = evaluation(MODEL).with(Pgd.steps(20_000)).governor(governor);
      assertThat(slow.budget(Duration.ofMillis(200)).on(TEST.first(16)).card().incomplete())
          .as("a budget of its own is kept by the clock on the wall")
          .isNotEmpty();
    }
  }

  @Test
  void aChunkForWhichMemoryRanOutIsDoneAgainOnOneWorker() {
    EvaluationResult free = evaluation(MODEL).on(TEST.first(64));
    assertThatThrownBy(() -> cramped().on(TEST.first(64))).isInstanceOf(OutOfMemoryException.class);
    Budgets cores = new Budgets(2, 0, 0, null, null, false, 0, false, null);
    try (Governor governor =
        Governor.of(cores, new ScriptedGauges(), 2, Progress.silent(), Stopper.manual())) {
      EvaluationResult governed = cramped().governor(governor).on(TEST.first(64));
      assertThat(Suite.list(governed.rows())).isEqualTo(Suite.list(free.rows()));
      assertThat(governor.journal().decisions())
          .extracting(Decision::why)
          .containsExactly("memory ran out");
    }
  }

  @Test
  @Timeout(60)
  void passesThatAreTooManyToCountFillTheBudgetOfAnEstimate() {
    Evaluation endless = evaluation(MODEL).with(Pgd.steps(100_000_000));
    Estimate estimate = endless.budget(Duration.ofSeconds(10)).estimate(TEST.first(16));
    assertThat(estimate.seconds()).isGreaterThanOrEqualTo(10);
    assertThat(estimate.phases().get(Pgd.steps(5).key())).isLessThan(10);
  }

  /** Of a model that has room for one shard of an attack at a time. */
  private static Evaluation cramped() {
    AtomicInteger inside = new AtomicInteger();
    AtomicBoolean attacked = new AtomicBoolean();
    AtomicBoolean full = new AtomicBoolean();
    Classifier model =
        new ForwardingClassifier(MODEL) {
          @Override
          public Tensor logits(Tensor x) {
            try {
              int now = inside.incrementAndGet();
              for (int i = 0; i < 200 && attacked.get() && now == 1 && !full.get(); i++) {
                sleep(); // until another comes
                now = inside.get();
              }
              if (now > 1 && attacked.get()) {
                full.set(true);
                throw new OutOfMemoryException("out of memory");
              }
              return super.logits(x);
            } finally {
              inside.decrementAndGet();
            }
          }
        };
    return evaluation(model)
        .progress(
            (title, total, unit) -> {
              attacked.set(title.equals(Pgd.steps(5).key()));
              return n -> {};
            });
  }

  private static void sleep() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
