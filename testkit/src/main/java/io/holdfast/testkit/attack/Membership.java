package io.holdfast.testkit.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.AttackResult;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.PixelChanges;
import io.holdfast.threat.PixelSet;
import io.holdfast.threat.SquarePatch;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The kit's own check that results lie in the set and in the domain. Of balls and sets of pixels it
 * shares no code with core's; of transformations core's independent check is asked, which looks at
 * their parameters and makes the result anew.
 */
final class Membership {
  private Membership() {}

  static void require(ThreatModel threat, Tensor clean, AttackResult result) {
    double[] before = clean.toDoubles();
    double[] after = result.adversarial().toDoubles();
    int rows = Math.toIntExact(clean.size(0));
    int size = before.length / rows;
    for (int i = 0; i < rows; i++) {
      boolean inside = false;
      for (PerturbationSet member : threat.set().members()) {
        if (member instanceof Additive ball) {
          inside |= fits(ball, before, after, i * size, size);
        } else if (member instanceof PixelSet some) {
          inside |= fits(some, changed(before, after, i * size, clean.shape()), clean.shape());
        } else {
          double[] from = Arrays.copyOfRange(before, i * size, (i + 1) * size);
          double[] to = Arrays.copyOfRange(after, i * size, (i + 1) * size);
          List<Float> variables = result.samples().get(i).variables();
          double[] made =
              variables.isEmpty() ? to : variables.stream().mapToDouble(v -> v).toArray();
          long[] shape = Arrays.copyOfRange(clean.shape(), 1, clean.rank());
          inside |=
              Arrays.equals(from, to) || member.contains(from, to, shape, made, threat.domain());
        }
      }
      assertThat(inside).as("row %d inside %s", i, threat.set().key()).isTrue();
    }
    for (double value : after) {
      assertThat(value >= threat.domain().low() && value <= threat.domain().high())
          .as("value %s inside the domain", value)
          .isTrue();
    }
  }

  /** Positions of the pixels of {@code [C, H, W]} of which some channel differs. */
  private static int[] changed(double[] a, double[] b, int from, long[] shape) {
    int pixels = (int) (shape[2] * shape[3]);
    return IntStream.range(0, pixels)
        .filter(
            p ->
                IntStream.range(0, (int) shape[1])
                    .map(c -> from + c * pixels + p)
                    .anyMatch(at -> a[at] != b[at]))
        .toArray();
  }

  private static boolean fits(PixelSet set, int[] changed, long[] shape) {
    int height = (int) shape[2];
    int width = (int) shape[3];
    IntSummaryStatistics rows = IntStream.of(changed).map(p -> p / width).summaryStatistics();
    IntSummaryStatistics columns = IntStream.of(changed).map(p -> p % width).summaryStatistics();
    if (set instanceof PixelChanges few) {
      return changed.length <= few.size();
    }
    if (set instanceof SquarePatch square) {
      return changed.length == 0
          || (rows.getMax() - rows.getMin() < square.size()
              && columns.getMax() - columns.getMin() < square.size());
    }
    int border = set.size(); // a frame's
    return IntStream.of(changed)
        .allMatch(
            p ->
                p / width < border
                    || p / width >= height - border
                    || p % width < border
                    || p % width >= width - border);
  }

  private static boolean fits(Additive ball, double[] a, double[] b, int from, int size) {
    double total = 0;
    for (int i = from; i < from + size; i++) {
      double change = Math.abs(a[i] - b[i]);
      total =
          switch (ball.norm()) {
            case LINF -> Math.max(total, change);
            case L2 -> Math.hypot(total, change);
            case L0 -> total + (change == 0 ? 0 : 1);
            default -> total + change;
          };
    }
    return total <= ball.epsilon() + 1e-6 * (1 + ball.epsilon());
  }
}
