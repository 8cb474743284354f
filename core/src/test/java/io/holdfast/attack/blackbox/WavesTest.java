package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The cosine basis of SimBA-DCT. */
class WavesTest {
  private static final Canvas CANVAS = new Canvas(2, 5, 8, new Additive(Norm.L2, 1), Domain.UNIT);

  private static float[] wave(int direction) {
    float[] image = new float[CANVAS.size()];
    new WaveDirections(CANVAS, 0.25).add(image, direction, 1);
    return image;
  }

  @Test
  void wavesAreOrthonormal() {
    for (int a = 0; a < CANVAS.size(); a++) {
      for (int b = 0; b < CANVAS.size(); b++) {
        float[] one = wave(a);
        float[] other = wave(b);
        double dot =
            IntStream.range(0, one.length).mapToDouble(i -> (double) one[i] * other[i]).sum();
        assertThat(dot).isCloseTo(a == b ? 1 : 0, within(1e-6));
      }
    }
  }

  /** Of a direction's own formula, at one place. */
  @Test
  void aWaveIsTheOneOfItsFrequencies() {
    float[] image = wave(40 + 2 * 8 + 3); // second channel, down 2, across 3
    double expected =
        Math.sqrt(2.0 / 5)
            * Math.cos(Math.PI * 9 * 2 / 10)
            * Math.sqrt(2.0 / 8)
            * Math.cos(Math.PI * 3 * 3 / 16);
    assertThat((double) image[40 + 4 * 8 + 1]).isCloseTo(expected, within(1e-6));
    assertThat(image[4 * 8 + 1]).isZero();
  }

  @Test
  void everyDirectionComesOnceTheLowFrequenciesFirst() {
    int[] order = new WaveDirections(CANVAS, 0.25).order(new Seed(3).generator());
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    assertThat(sorted).containsExactly(IntStream.range(0, 80).toArray());
    int block = 2 * 2 * 2; // channels, a quarter of five and of eight, rounded up
    for (int i = 0; i < block; i++) {
      assertThat(order[i] / 8 % 5).isLessThan(2);
      assertThat(order[i] % 8).isLessThan(2);
    }
    int[] other = new WaveDirections(CANVAS, 0.25).order(new Seed(4).generator());
    assertThat(other).isNotEqualTo(order);
  }
}
