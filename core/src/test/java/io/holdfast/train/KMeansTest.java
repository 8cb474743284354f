package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KMeansTest {
  private static final double[][] MIDDLES = {{0, 0, 0}, {10, 0, 0}, {0, 10, 5}};

  /** So many points around each of three middles, in turn. */
  private static List<float[]> clouds(int each, double width) {
    RandomGenerator random = new Seed(3).generator();
    return IntStream.range(0, 3 * each)
        .mapToObj(
            i -> {
              float[] point = new float[3];
              for (int d = 0; d < 3; d++) {
                point[d] = (float) (MIDDLES[i % 3][d] + width * (random.nextDouble() - 0.5));
              }
              return point;
            })
        .toList();
  }

  private static double distance(double[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(d -> Math.pow(a[d] - b[d], 2)).sum();
  }

  @Test
  void cloudsAreFoundWhateverIsDrawnFirst() {
    List<float[]> points = clouds(20, 1);
    for (int seed = 0; seed < 10; seed++) {
      List<double[]> centres = KMeans.centres(points, 3, new Seed(seed));
      assertThat(centres).hasSize(3);
      assertThat(IntStream.range(0, 3).map(i -> KMeans.nearest(centres, points.get(i))))
          .containsExactlyInAnyOrder(0, 1, 2);
      for (int i = 0; i < points.size(); i++) {
        assertThat(KMeans.nearest(centres, points.get(i)))
            .isEqualTo(KMeans.nearest(centres, points.get(i % 3)));
      }
    }
  }

  /** No point is nearer to another centre, and no centre elsewhere than in the midst of its own. */
  @Test
  void centresAreTheMeansOfWhatIsNearest() {
    List<float[]> points = clouds(30, 12);
    List<double[]> centres = KMeans.centres(points, 5, new Seed(1));
    double[][] sums = new double[5][3];
    int[] counts = new int[5];
    for (float[] point : points) {
      int nearest =
          IntStream.range(0, 5)
              .boxed()
              .min(Comparator.comparingDouble(c -> distance(centres.get(c), point)))
              .orElseThrow();
      assertThat(KMeans.nearest(centres, point)).isEqualTo(nearest);
      counts[nearest]++;
      IntStream.range(0, 3).forEach(d -> sums[nearest][d] += point[d]);
    }
    for (int c = 0; c < 5; c++) {
      assertThat(counts[c]).isPositive();
      for (int d = 0; d < 3; d++) {
        assertThat(centres.get(c)[d]).isCloseTo(sums[c][d] / counts[c], within(1e-9));
      }
    }
  }

  @Test
  void equalPointsShareACentreAndASeedSaysAll() {
    List<float[]> two = List.of(new float[] {1, 2}, new float[] {3, 4}, new float[] {1, 2});
    assertThat(KMeans.centres(two, 5, new Seed(2))).hasSize(2);
    assertThat(KMeans.centres(two.subList(0, 1), 5, new Seed(2))).hasSize(1);
    List<float[]> points = clouds(30, 12);
    double[][] once = KMeans.centres(points, 5, new Seed(4)).toArray(double[][]::new);
    double[][] again = KMeans.centres(points, 5, new Seed(4)).toArray(double[][]::new);
    assertThat(Arrays.deepEquals(once, again)).isTrue();
  }
}
