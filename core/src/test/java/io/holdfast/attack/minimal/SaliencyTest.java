package io.holdfast.attack.minimal;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against a look at every pair. */
class SaliencyTest {
  private static final int CASES = 500;

  @Test
  void findsTheBestPair() {
    RandomGenerator random = new Seed(3).generator();
    int none = 0;
    for (int i = 0; i < CASES; i++) {
      int d = random.nextInt(1, 20);
      double shift = random.nextDouble(-2, 1);
      double[] a = random.doubles(d, -1, 1).map(x -> x + shift).toArray();
      double[] b = random.doubles(d, -1, 1).map(x -> x + shift).toArray();
      int[] open = IntStream.range(0, d).filter(j -> random.nextInt(4) > 0).toArray();
      Saliency found = Saliency.best(a, b, open);
      double best = best(a, b, open);
      assertThat(found.score()).isEqualTo(best);
      assertThat(found.exists()).isEqualTo(best > 0);
      none += found.exists() ? 0 : 1;
      if (found.exists()) {
        assertThat(open).contains(found.first(), found.second());
        assertThat(found.first()).isLessThan(found.second());
        double up = a[found.first()] + a[found.second()];
        assertThat(up * (b[found.first()] + b[found.second()])).isEqualTo(best);
      }
    }
    assertThat(none).isBetween(50, CASES - 50);
  }

  private static double best(double[] a, double[] b, int[] open) {
    double best = 0;
    for (int p : open) {
      for (int q : open) {
        boolean fits = p < q && a[p] + a[q] > 0 && b[p] + b[q] > 0;
        best = fits ? Math.max(best, (a[p] + a[q]) * (b[p] + b[q])) : best;
      }
    }
    return best;
  }
}
