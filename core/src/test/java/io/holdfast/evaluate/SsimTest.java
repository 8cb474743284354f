package io.holdfast.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SsimTest {
  private static final double C1 = 1e-4;
  private static final double C2 = 9e-4;

  private static float[] random(RandomGenerator random, int n) {
    float[] image = new float[n];
    for (int i = 0; i < n; i++) {
      image[i] = random.nextFloat();
    }
    return image;
  }

  private static float[] flat(float value, int n) {
    float[] image = new float[n];
    Arrays.fill(image, value);
    return image;
  }

  /** The definition, written out: a window of two dimensions, centred moments, no separation. */
  private static double slow(float[] x, float[] y, int channels, int height, int width) {
    int a = Math.min(11, height - 1 + height % 2);
    int b = Math.min(11, width - 1 + width % 2);
    double sum = 0;
    int places = 0;
    for (int c = 0; c < channels; c++) {
      for (int top = 0; top + a <= height; top++) {
        for (int left = 0; left + b <= width; left++) {
          sum += place(x, y, (c * height + top) * width + left, width, a, b);
          places++;
        }
      }
    }
    return sum / places;
  }

  private static double place(float[] x, float[] y, int from, int width, int a, int b) {
    double total = 0;
    double mx = 0;
    double my = 0;
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        double w = weight(i - a / 2, j - b / 2);
        total += w;
        mx += w * x[from + i * width + j];
        my += w * y[from + i * width + j];
      }
    }
    mx /= total;
    my /= total;
    double vx = 0;
    double vy = 0;
    double cov = 0;
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        double w = weight(i - a / 2, j - b / 2) / total;
        double dx = x[from + i * width + j] - mx;
        double dy = y[from + i * width + j] - my;
        vx += w * dx * dx;
        vy += w * dy * dy;
        cov += w * dx * dy;
      }
    }
    return (2 * mx * my + C1) * (2 * cov + C2) / ((mx * mx + my * my + C1) * (vx + vy + C2));
  }

  private static double weight(int i, int j) {
    return Math.exp(-(i * i + j * j) / (2 * 1.5 * 1.5));
  }

  @ParameterizedTest
  @CsvSource({"1,28,28", "3,12,15", "1,11,11", "2,4,9", "1,1,1", "1,2,30"})
  void equalsTheDefinition(int channels, int height, int width) {
    RandomGenerator random = new Seed(5).split(height).generator();
    Ssim ssim = new Ssim(new long[] {channels, height, width}, 1);
    for (int round = 0; round < 5; round++) {
      int n = channels * height * width;
      float[] x = random(random, n);
      float[] y = random(random, n);
      for (int i = 0; i < n; i++) {
        y[i] = x[i] + 0.2f * round * (y[i] - x[i]);
      }
      assertThat(ssim.of(x, y, 0)).isCloseTo(slow(x, y, channels, height, width), within(1e-9));
      assertThat(ssim.of(y, x, 0)).isCloseTo(ssim.of(x, y, 0), within(1e-12));
    }
  }

  @Test
  void equalImagesHaveOneExactly() {
    float[] x = random(new Seed(1).generator(), 3 * 32 * 32);
    assertThat(new Ssim(new long[] {3, 32, 32}, 1).of(x, x.clone(), 0)).isEqualTo(1.0);
  }

  @Test
  void flatImagesDifferInLuminanceAlone() {
    Ssim ssim = new Ssim(new long[] {1, 16, 16}, 1);
    double expected = (2 * 0.25 * 0.75 + C1) / (0.25 * 0.25 + 0.75 * 0.75 + C1); // 0.60006
    assertThat(ssim.of(flat(0.25f, 256), flat(0.75f, 256), 0)).isCloseTo(expected, within(1e-9));
    assertThat(ssim.of(flat(0, 256), flat(1, 256), 0)).isCloseTo(C1 / (1 + C1), within(1e-9));
  }

  @Test
  void aNegativeOfAPatternIsUnlike() {
    float[] board = new float[400];
    float[] negative = new float[400];
    for (int i = 0; i < 400; i++) {
      board[i] = (i / 20 + i % 20) % 2;
      negative[i] = 1 - board[i];
    }
    assertThat(new Ssim(new long[] {1, 20, 20}, 1).of(board, negative, 0)).isBetween(-1.0, -0.99);
  }

  @Test
  void theRangeScalesTheConstants() {
    float[] x = random(new Seed(2).generator(), 400);
    float[] y = random(new Seed(3).generator(), 400);
    float[] bigX = new float[400];
    float[] bigY = new float[400];
    for (int i = 0; i < 400; i++) {
      bigX[i] = 256 * x[i];
      bigY[i] = 256 * y[i];
    }
    assertThat(new Ssim(new long[] {1, 20, 20}, 256).of(bigX, bigY, 0))
        .isCloseTo(new Ssim(new long[] {1, 20, 20}, 1).of(x, y, 0), within(1e-12));
  }

  @Test
  void theOffsetSelectsTheImage() {
    float[] x = random(new Seed(2).generator(), 500);
    float[] y = random(new Seed(3).generator(), 500);
    Ssim ssim = new Ssim(new long[] {1, 10, 10}, 1);
    assertThat(ssim.of(x, y, 300))
        .isEqualTo(ssim.of(Arrays.copyOfRange(x, 300, 400), Arrays.copyOfRange(y, 300, 400), 0));
  }
}
