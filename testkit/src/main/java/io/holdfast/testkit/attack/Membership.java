package io.holdfast.testkit.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.PixelChanges;
import io.holdfast.threat.ThreatModel;

/** The kit's own check that results lie in a ball and in the domain; shares no code with core's. */
final class Membership {
  private Membership() {}

  static void require(ThreatModel threat, Tensor clean, Tensor other) {
    double[] before = clean.toDoubles();
    double[] after = other.toDoubles();
    int rows = Math.toIntExact(clean.size(0));
    int size = before.length / rows;
    for (int i = 0; i < rows; i++) {
      boolean inside = false;
      for (PerturbationSet member : threat.set().members()) {
        inside |=
            member instanceof Additive ball
                ? fits(ball, before, after, i * size, size)
                : !(member instanceof PixelChanges few)
                    || changed(before, after, i * size, clean.shape()) <= few.size();
      }
      assertThat(inside).as("row %d inside %s", i, threat.set().key()).isTrue();
    }
    for (double value : after) {
      assertThat(value >= threat.domain().low() && value <= threat.domain().high())
          .as("value %s inside the domain", value)
          .isTrue();
    }
  }

  /** Pixels {@code [C, H, W]} of which some channel differs. */
  private static int changed(double[] a, double[] b, int from, long[] shape) {
    int pixels = (int) (shape[2] * shape[3]);
    int count = 0;
    for (int p = 0; p < pixels; p++) {
      boolean differs = false;
      for (int c = 0; c < shape[1]; c++) {
        int at = from + c * pixels + p;
        differs |= a[at] != b[at];
      }
      count += differs ? 1 : 0;
    }
    return count;
  }

  private static boolean fits(Additive ball, double[] a, double[] b, int from, int size) {
    double total = 0;
    for (int i = from; i < from + size; i++) {
      double change = Math.abs(a[i] - b[i]);
      total =
          switch (ball.norm()) {
            case LINF -> Math.max(total, change);
            case L2 -> Math.hypot(total, change);
            default -> total + change;
          };
    }
    return total <= ball.epsilon() + 1e-6 * (1 + ball.epsilon());
  }
}
