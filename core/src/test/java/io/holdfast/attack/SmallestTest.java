package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Deadline;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Threats without a limit: what the driver makes of the points that an attack looks at. */
class SmallestTest {
  private static final float[] HOME = {0.5f, 0.4f};

  /** Looks at fixed points, one after the other, and gives the last. */
  private static class Looks implements Attack {
    private final float[][] points;

    Looks(float[]... points) {
      this.points = points;
    }

    @Override
    public String name() {
      return "looks";
    }

    @Override
    public String key() {
      return "looks";
    }

    @Override
    public Knowledge needs() {
      return Knowledge.DECISION;
    }

    @Override
    public boolean seeksSmallest() {
      return true;
    }

    @Override
    public Tensor perturb(AttackTask task) {
      assertThat(task.seeksSmallest()).isTrue();
      Tensor x = task.region().origin();
      for (float[] point : points) {
        x = Tensors.of(point, 1, 2);
        assertThat(task.settle(x, task.logits(x))).isEqualTo(AttackTask.Stay.ALL);
      }
      return x;
    }
  }

  /** Its search sees the second logit higher by this than the model itself does. */
  private record Biased(Classifier inner, float bias) implements Classifier {
    @Override
    public int classes() {
      return 2;
    }

    @Override
    public long[] inputShape() {
      return inner.inputShape();
    }

    @Override
    public Tensor logits(Tensor x) {
      return inner.logits(x);
    }

    @Override
    public io.holdfast.model.InputGradients gradients(io.holdfast.tensor.Precision precision) {
      io.holdfast.model.InputGradients own = inner.gradients(precision);
      return new io.holdfast.model.InputGradients() {
        @Override
        public Tensor logits(Tensor x) {
          return own.logits(x).add(Tensors.of(new float[] {0, bias}, 1, 2));
        }

        @Override
        public Pass pass(Tensor x, java.util.function.UnaryOperator<Tensor> cotangent) {
          return own.pass(x, cotangent);
        }

        @Override
        public void close() {
          own.close();
        }
      };
    }
  }

  private static AttackResult.Sample run(Classifier model, Attack attack, Norm norm) {
    return run(model, attack, norm, Deadline.none());
  }

  private static AttackResult.Sample run(
      Classifier model, Attack attack, Norm norm, Deadline deadline) {
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      return new AttackDriver(model, ThreatModel.smallest(norm), workers)
          .withDeadline(deadline)
          .run(attack, Tensors.of(HOME, 1, 2), new int[] {0}, new long[] {3}, new Seed(1))
          .samples()
          .get(0);
    }
  }

  private static Classifier identity() {
    return new LinearModel(2, 1, 0, 0, 1);
  }

  /** Each look at the clock takes a nanosecond, and each query is a look. */
  @Test
  void whatWasFoundBeforeTheDeadlineHasFallenButNotFinally() {
    Looks attack =
        new Looks(new float[] {0.5f, 0.8f}, new float[] {0.5f, 0.6f}, new float[] {0.5f, 0.51f});
    AttackResult.Sample cut =
        run(identity(), attack, Norm.L2, Deadline.in(Duration.ofNanos(3), ticks()));
    assertThat(cut.outcome()).isEqualTo(Outcome.FELL);
    assertThat(cut.distances().l2()).isCloseTo(0.2, offset(1e-4));
    assertThat(cut.finished()).isFalse();
    AttackResult.Sample none =
        run(identity(), attack, Norm.L2, Deadline.in(Duration.ofNanos(1), ticks()));
    assertThat(none.outcome()).isEqualTo(Outcome.HELD);
    assertThat(none.finished()).isFalse();
  }

  private static LongSupplier ticks() {
    return new AtomicLong()::incrementAndGet;
  }

  @Test
  void theNearestPointInTheThreatsNormCounts() {
    Looks attack =
        new Looks(
            new float[] {0.1f, 0.4f}, // L-infinity 0.4, L0 1
            new float[] {0.4f, 0.45f}, // L-infinity 0.1, L0 2: the nearest
            new float[] {0.5f, 0.45f}, // nearer, not adversarial
            new float[] {0.3f, 0.6f}); // L-infinity 0.2, L0 2
    AttackResult.Sample sample = run(identity(), attack, Norm.LINF);
    assertThat(sample.outcome()).isEqualTo(Outcome.FELL);
    assertThat(sample.distances().linf()).isCloseTo(0.1, offset(1e-6));
    assertThat(run(identity(), attack, Norm.L0).distances().l0()).isEqualTo(1);
    assertThat(sample.queries()).isEqualTo(4);
    assertThat(sample.checks()).as("clean, the result, the nearest").isEqualTo(3);
  }

  @Test
  void whatIsGivenBackCountsWithoutALook() {
    AttackResult.Sample sample =
        run(
            identity(),
            new Looks(new float[] {0.1f, 0.4f}) {
              @Override
              public Tensor perturb(AttackTask task) {
                super.perturb(task);
                return Tensors.of(new float[] {0.44f, 0.46f}, 1, 2);
              }
            },
            Norm.LINF);
    assertThat(sample.distances().linf()).isLessThan(0.07);
  }

  @Test
  void whatTheModelRefutesMovesOutwardsUntilItAgrees() {
    Classifier model = new Biased(identity(), 2e-4f);
    float[] almost = {0.45005f, 0.44995f};
    AttackResult.Sample sample = run(model, new Looks(almost, HOME), Norm.LINF);
    assertThat(sample.outcome()).isEqualTo(Outcome.FELL);
    assertThat(sample.distances().linf()).isBetween(0.05, 0.0505);
    Classifier wrong = new Biased(identity(), 0.05f);
    assertThat(run(wrong, new Looks(new float[] {0.47f, 0.43f}, HOME), Norm.LINF).outcome())
        .as("far from the boundary nothing helps")
        .isEqualTo(Outcome.HELD);
  }

  /** Rounding elsewhere could refute it: a ten-thousandth further out it could not. */
  @Test
  void whatIsConfirmedByNoMoreThanRoundingMovesOutwardsToo() {
    float[] narrow = {0.45f, 0.4500005f};
    AttackResult.Sample sample = run(identity(), new Looks(narrow, HOME), Norm.LINF);
    assertThat(sample.outcome()).isEqualTo(Outcome.FELL);
    assertThat(sample.distances().linf()).isBetween(0.05 * 1.00005, 0.05 * 1.0003);
    float[] clear = {0.45f, 0.45001f};
    assertThat(run(identity(), new Looks(clear, HOME), Norm.LINF).distances().linf())
        .as("untouched")
        .isCloseTo(clear[1] - HOME[1], offset(1e-9));
    float[] corner = {0.999999f, 1}; // further out both values are 1
    sample = run(identity(), new Looks(corner, HOME), Norm.LINF);
    assertThat(sample.outcome()).as("no way outwards: it counts as it is").isEqualTo(Outcome.FELL);
    assertThat(sample.distances().linf()).isCloseTo(1 - HOME[1], offset(1e-7));
  }

  /** The first of two leaves after a look; what was noted of it counts, and what it left with. */
  @Test
  void whoLeavesKeepsItsNearestPoint() {
    float[] homes = {0.5f, 0.4f, 0.6f, 0.4f};
    Attack leaving =
        new Looks() {
          @Override
          public Tensor perturb(AttackTask task) {
            Tensor x = Tensors.of(new float[] {0.4f, 0.45f, 0.3f, 0.6f}, 2, 2);
            task.settle(x, task.logits(x));
            Tensor further = Tensors.of(new float[] {0.1f, 0.9f, 0.4f, 0.5f}, 2, 2);
            AttackTask.Stay stay = task.leave(further, i -> i == 0);
            assertThat(task.size()).isEqualTo(1);
            assertThat(task.ids()).containsExactly(8);
            Tensor rest = stay.of(further); // [1, 2]
            task.settle(rest, task.logits(rest));
            return task.region().origin();
          }
        };
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      List<AttackResult.Sample> samples =
          new AttackDriver(identity(), ThreatModel.smallest(Norm.LINF), workers)
              .run(leaving, Tensors.of(homes, 2, 2), new int[2], new long[] {7, 8}, new Seed(1))
              .samples();
      assertThat(samples).allMatch(s -> s.outcome() == Outcome.FELL);
      assertThat(samples.get(0).distances().linf()).isCloseTo(0.1, offset(1e-6));
      assertThat(samples.get(1).distances().linf()).isCloseTo(0.2, offset(1e-6));
      assertThat(samples).extracting(AttackResult.Sample::queries).containsExactly(1L, 2L);
    }
  }

  @Test
  void fixedBudgetsAndUnionsAreRefused() {
    assertThatThrownBy(() -> run(identity(), Pgd.steps(3), Norm.L2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a finite epsilon")
        .hasMessageContaining("l2:inf");
    ThreatModel union = ThreatModel.union(ThreatModel.smallest(Norm.L2), ThreatModel.linf(0.1));
    assertThatThrownBy(union::checked)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("every member of a union");
    assertThat(List.of(ThreatModel.parse("l2:inf"), ThreatModel.parse("l0:inf")))
        .allMatch(ThreatModel::unlimited);
  }
}
