package io.holdfast.data.image.corruption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.data.image.Border;
import java.awt.Color;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Numeric pieces against slow, obvious twins. */
class TwinsTest {
  private static final Seed SEED = new Seed(8);

  private static float[] noise(int n, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  @Test
  void bordersAreWhatTheyAreDrawnAs() {
    int[] at = {-3, -2, -1, 0, 2, 3, 4, 5};
    assertThat(indices(Border.NEAREST, at)).containsExactly(0, 0, 0, 0, 2, 2, 2, 2);
    assertThat(indices(Border.REFLECT, at)).containsExactly(2, 1, 0, 0, 2, 2, 1, 0);
    assertThat(indices(Border.MIRROR, at)).containsExactly(1, 2, 1, 0, 2, 1, 0, 1);
    assertThat(indices(Border.ZERO, at)).containsExactly(-1, -1, -1, 0, 2, -1, -1, -1);
    assertThat(Border.MIRROR.index(5, 1)).isZero();
  }

  private static int[] indices(Border border, int[] at) {
    return Arrays.stream(at).map(i -> border.index(i, 3)).toArray();
  }

  @Test
  void theNormalWindowIsADoubleSumOverThePlane() {
    int h = 9;
    int w = 11;
    float[] plane = noise(h * w, 1);
    for (double s : new double[] {0.05, 0.4, 1, 2.7}) {
      float[] fast = Blur.gaussian(plane, h, w, s, 4, Border.REFLECT);
      int reach = (int) (4 * s + 0.5);
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          double sum = 0;
          double total = 0;
          for (int dy = -reach; dy <= reach; dy++) {
            for (int dx = -reach; dx <= reach; dx++) {
              double weight = Math.exp(-(dx * dx + dy * dy) / (2 * s * s));
              int r = Border.REFLECT.index(y + dy, h);
              int q = Border.REFLECT.index(x + dx, w);
              sum += weight * plane[r * w + q];
              total += weight;
            }
          }
          assertThat((double) fast[y * w + x]).isCloseTo(sum / total, within(1e-6));
        }
      }
    }
  }

  @Test
  void aDiscIsThePixelsWithinItsRadius() {
    float[] point = new float[21 * 21];
    point[10 * 21 + 10] = 1;
    float[] sharp = Kernel.disc(3, 1e-3, 1).over(point, 21, 21, Border.MIRROR);
    int inside = 29; // of x^2 + y^2 <= 9
    for (int i = 0; i < point.length; i++) {
      int y = i / 21 - 10;
      int x = i % 21 - 10;
      double expected = x * x + y * y <= 9 ? 1.0 / inside : 0;
      assertThat((double) sharp[i]).isCloseTo(expected, within(1e-7));
    }
    for (double scale : new double[] {0.2, 0.7, 1.8}) {
      float[] scaled = Kernel.disc(4, 0.5, scale).over(point, 21, 21, Border.MIRROR);
      double sum = 0;
      double spread = 0;
      for (int i = 0; i < point.length; i++) {
        sum += scaled[i];
        spread += scaled[i] * (Math.pow(i / 21 - 10, 2) + Math.pow(i % 21 - 10, 2));
      }
      assertThat(sum).isCloseTo(1, within(1e-6));
      double ideal = 16 * scale * scale / 2 + 0.4; // of a disc; of window and splitting
      assertThat(spread).isCloseTo(ideal, within(0.25 * ideal + 0.2));
    }
  }

  @Test
  void motionIsAOneSidedWindowAlongALine() {
    int n = 15;
    float[] point = new float[n * n];
    point[7 * n + 7] = 1;
    float[] moved = Blur.motion(point, n, n, 2, 1.5, 0);
    double total = 0;
    for (int i = 0; i < 5; i++) {
      total += Math.exp(-i * i / 4.5);
    }
    for (int i = 0; i < 5; i++) {
      double expected = Math.exp(-i * i / 4.5) / total;
      assertThat((double) moved[7 * n + 7 - i]).isCloseTo(expected, within(1e-6));
    }
    float[] down = Blur.motion(point, n, n, 2, 1.5, 90);
    assertThat((double) down[5 * n + 7]).isCloseTo(Math.exp(-4 / 4.5) / total, within(1e-6));
  }

  @Test
  void colourFollowsTheHsvOfTheJdk() {
    float[] image = noise(3 * 200, 2);
    for (int i = 0; i < image.length; i++) {
      image[i] = Math.round(255 * image[i]) / 255f;
    }
    image[0] = image[200] = image[400] = 0; // black
    float[] bright = image.clone();
    new Tone.Brightness(0.2).apply(bright, 3, 10, 20, SEED.generator());
    float[] vivid = image.clone();
    new Tone.Saturate(2, 0.1).apply(vivid, 3, 10, 20, SEED.generator());
    for (int i = 0; i < 200; i++) {
      float[] hsb =
          Color.RGBtoHSB(
              Math.round(255 * image[i]),
              Math.round(255 * image[200 + i]),
              Math.round(255 * image[400 + i]),
              null);
      requireColour(bright, i, hsb[0], hsb[1], Math.min(1, hsb[2] + 0.2f));
      requireColour(vivid, i, hsb[0], Math.min(1, 2 * hsb[1] + 0.1f), hsb[2]);
    }
  }

  private static void requireColour(float[] image, int i, float h, float s, float b) {
    float[] expected = Color.getHSBColor(h, s, b).getRGBComponents(null);
    for (int k = 0; k < 3; k++) {
      assertThat(image[200 * k + i]).isCloseTo(expected[k], within(1.1f / 255));
    }
  }

  @Test
  void contrastIsAboutTheMeanOfEachChannel() {
    float[] image = {0.2f, 0.4f, 0.6f, 0.8f, 0, 0, 1, 1};
    new Tone.Contrast(0.5).apply(image, 2, 2, 2, SEED.generator());
    assertThat(image)
        .containsExactly(
            new float[] {0.35f, 0.45f, 0.55f, 0.65f, 0.25f, 0.25f, 0.75f, 0.75f}, within(1e-6f));
  }

  @Test
  void aGreyBlockOfJpegIsTheDoubleSumOfTheStandard() {
    float[] block = noise(64, 3);
    float[] coded = block.clone();
    new Jpeg(50).apply(coded, 1, 8, 8, SEED.generator()); // 50: the tables themselves
    int[] firstRow = {16, 11, 10, 16, 24, 40, 51, 61};
    double[][] waves = new double[8][8];
    for (int v = 0; v < 8; v++) {
      for (int u = 0; u < 8; u++) {
        for (int i = 0; i < 64; i++) {
          waves[v][u] += (Math.round(255 * block[i]) - 128) * basis(v, u, i);
        }
      }
    }
    for (int u = 0; u < 8; u++) {
      double after = 0; // the same frequency of what came out, before rounding a multiple
      for (int i = 0; i < 64; i++) {
        after += (255 * coded[i] - 128) * basis(0, u, i);
      }
      double multiple = Math.rint(waves[0][u] / firstRow[u]) * firstRow[u];
      assertThat(after).as("frequency %d", u).isCloseTo(multiple, within(12.0));
    }
  }

  private static double basis(int v, int u, int i) {
    double cv = v == 0 ? Math.sqrt(0.5) : 1;
    double cu = u == 0 ? Math.sqrt(0.5) : 1;
    return 0.25
        * cv
        * cu
        * Math.cos((2 * (i / 8) + 1) * v * Math.PI / 16)
        * Math.cos((2 * (i % 8) + 1) * u * Math.PI / 16);
  }

  @Test
  void fineJpegChangesNearlyNothingAndColoursAreHalved() {
    int n = 16;
    float[] smooth = new float[3 * n * n];
    for (int i = 0; i < smooth.length; i++) {
      smooth[i] = 0.2f + 0.03f * (i % n) + 0.1f * Math.floorDiv(i, n * n);
    }
    float[] coded = smooth.clone();
    new Jpeg(100).apply(coded, 3, n, n, SEED.generator());
    for (int i = 0; i < coded.length; i++) {
      assertThat(coded[i]).isCloseTo(smooth[i], within(3f / 255));
    }
    float[] stripes = new float[3 * n * n]; // red and green columns of the same luma
    for (int i = 0; i < n * n; i++) {
      stripes[i] = i % 2 == 0 ? 0.587f : 0;
      stripes[n * n + i] = i % 2 == 0 ? 0 : 0.299f;
    }
    new Jpeg(100).apply(stripes, 3, n, n, SEED.generator());
    for (int y = 0; y < n; y++) {
      assertThat(Math.abs(stripes[y * n + 5] - stripes[y * n + 6])).isLessThan(0.03f);
    }
  }

  @Test
  void photonsHaveThePoissonDistribution() {
    for (double mean : new double[] {0.3, 3, 17.5, 500}) {
      int draws = 40_000;
      double sum = 0;
      double squares = 0;
      int zero = 0;
      int below = 0;
      for (int i = 0; i < draws; i++) {
        double u = (i + 0.5) / draws; // every part of the distribution alike
        int k = Poisson.draw(mean, u);
        sum += k;
        squares += (double) k * k;
        zero += k == 0 ? 1 : 0;
        below += k <= mean - 2 * Math.sqrt(mean) ? 1 : 0;
      }
      double average = sum / draws;
      assertThat(average).isCloseTo(mean, within(0.002 * mean + 1e-3));
      assertThat(squares / draws - average * average).isCloseTo(mean, within(0.01 * mean));
      assertThat((double) zero / draws).isCloseTo(Math.exp(-mean), within(1e-4));
      assertThat((double) below / draws).isCloseTo(cumulative(mean), within(2e-4));
    }
    assertThat(Poisson.draw(0, 0.9)).isZero();
  }

  private static double cumulative(double mean) {
    double chance = Math.exp(-mean);
    double sum = 0;
    for (int k = 0; k <= mean - 2 * Math.sqrt(mean); k++) {
      sum += chance;
      chance *= mean / (k + 1);
    }
    return sum;
  }

  @Test
  void cloudsFillTheirRangeAndSmoothOnesAreSmooth() {
    double rough = steps(Plasma.cloud(32, 32, 1.3, SEED.generator()));
    double smooth = steps(Plasma.cloud(32, 32, 3, SEED.generator()));
    assertThat(smooth).isLessThan(0.5 * rough);
    float[] cloud = Plasma.cloud(32, 32, 2, SEED.generator());
    float low = 1;
    float high = 0;
    for (float value : cloud) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    assertThat(low).isZero();
    assertThat(high).isEqualTo(1);
    assertThat(Plasma.cloud(9, 30, 2, SEED.generator())).hasSize(270);
  }

  private static double steps(float[] cloud) {
    double sum = 0;
    for (int i = 1; i < cloud.length; i++) {
      sum += i % 32 == 0 ? 0 : Math.abs(cloud[i] - cloud[i - 1]);
    }
    return sum;
  }

  @Test
  void anElasticMapWithoutStrengthIsTheImage() {
    float[] image = noise(3 * 12 * 17, 4);
    float[] same = image.clone();
    new Elastic(0, 0, 0).apply(same, 3, 12, 17, SEED.generator());
    for (int i = 0; i < image.length; i++) {
      assertThat(same[i]).isCloseTo(image[i], within(1e-5f));
    }
  }

  @Test
  void pixelsBecomeTheMeansOfTheirBlocks() {
    float[] image = noise(16 * 16, 5);
    float[] coarse = image.clone();
    new Pixelate(0.25).apply(coarse, 1, 16, 16, SEED.generator());
    for (int i = 0; i < 256; i++) {
      double mean = 0;
      for (int k = 0; k < 16; k++) {
        mean += image[(i / 64 * 4 + k / 4) * 16 + i % 16 / 4 * 4 + k % 4] / 16;
      }
      assertThat((double) coarse[i]).isCloseTo(mean, within(1e-6));
    }
  }

  @Test
  void enlargedByOneIsTheImageAndByTwoItsMiddle() {
    float[] ramp = new float[20 * 20];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (i % 20) / 19f;
    }
    assertThat(Enlarged.by(1, ramp, 20, 20)).isEqualTo(ramp);
    float[] twice = Enlarged.by(2, ramp, 20, 20);
    assertThat(twice[0]).isCloseTo(5 / 19f, within(1e-6f));
    assertThat(twice[19]).isCloseTo(14 / 19f, within(1e-6f));
  }

  @Test
  void impulsesHitTheShareTheyShould() {
    float[] grey = new float[100_000];
    Arrays.fill(grey, 0.5f);
    new Noise(Noise.Kind.IMPULSE, 0.1).apply(grey, 1, 100, 1000, SEED.generator());
    int salt = 0;
    int pepper = 0;
    for (float value : grey) {
      salt += value == 1 ? 1 : 0;
      pepper += value == 0 ? 1 : 0;
    }
    assertThat(salt).isBetween(4700, 5300);
    assertThat(pepper).isBetween(4700, 5300);
  }
}
