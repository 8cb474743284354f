package io.holdfast.testkit.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.image.corruption.Corruption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The mean absolute change of 20 CIFAR-10 test images, the first two of each class, at each
 * severity, as the authors' formulas and constants give it. The figures were made in Python 3.11 of
 * the images as Holdfast decodes the JPEG-coded copies in {@code shared/data}: brightness and
 * saturate by scikit-image 0.26's HSV, the blurs by scikit-image's {@code gaussian}, OpenCV 5.0's
 * {@code filter2D} and SciPy 1.17's {@code zoom}, pixelate and JPEG by Pillow 13.0; of the random
 * ones the mean over ten draws of each image, motion and cloud by the package imagecorruptions,
 * frost from its photographs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublishedCorruptionsTest {
  private static final Path CIFAR =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "data", "cifar10-test.zip");

  /** A tenth of a level of 256: what is not rounded to 8 bits here, and Pillow's JPEG. */
  private static final double ROUNDING = 4e-4;

  private final List<float[]> images = new ArrayList<>();

  @BeforeAll
  void read() {
    assumeTrue(Files.exists(CIFAR), "skipped: " + CIFAR + " is not here");
    Dataset data = Datasets.open(CIFAR.toString());
    int[] seen = new int[10];
    for (int i = 0; i < data.size(); i++) {
      if (seen[data.label(i)]++ < 2) {
        images.add(data.read(i));
      }
    }
  }

  private double change(Corruption type, int severity, int draws) {
    double sum = 0;
    long n = 0;
    for (float[] image : images) {
      for (int draw = 0; draw < draws; draw++) {
        float[] x = image.clone();
        type.apply(x, 3, 32, 32, severity, new Seed(n));
        for (int i = 0; i < x.length; i++) {
          sum += Math.abs(x[i] - image[i]);
        }
        n += x.length;
      }
    }
    return sum / n;
  }

  @ParameterizedTest
  @CsvSource({
    "brightness, 0.04087, 0.08031, 0.11868, 0.15497, 0.21820",
    "contrast, 0.04138, 0.08277, 0.09932, 0.11587, 0.14070",
    "saturate, 0.04609, 0.05926, 0.02779, 0.07299, 0.11006",
    "pixelate, 0.00766, 0.01218, 0.01586, 0.02353, 0.03305",
    "jpeg-compression, 0.00686, 0.01201, 0.01756, 0.02460, 0.02551",
    "gaussian-blur, 0.00454, 0.01824, 0.02345, 0.02786, 0.03542",
    "defocus-blur, 0.00475, 0.01221, 0.01865, 0.02387, 0.03519",
    "zoom-blur, 0.03269, 0.03864, 0.04615, 0.05383, 0.06137"
  })
  void whatIsNotRandomChangesAsMuch(
      String key, double first, double second, double third, double fourth, double fifth) {
    double[] published = {first, second, third, fourth, fifth};
    for (int s = 1; s <= 5; s++) {
      double ours = change(Corruption.ofKey(key).orElseThrow(), s, 1);
      assertThat(ours).as("%s %d", key, s).isCloseTo(published[s - 1], within(ROUNDING));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fog, 0.0438, 0.0865, 0.1113, 0.1306, 0.1559",
    "frost, 0.1192, 0.1743, 0.1923, 0.1807, 0.1700",
    "motion-blur, 0.0269, 0.0398, 0.0501, 0.0498, 0.0586",
    "snow, 0.0441, 0.0944, 0.1021, 0.1471, 0.2042",
    "elastic-transform, 0.0820, 0.0739, 0.0658, 0.0604, 0.0522"
  })
  void whatIsRandomChangesNearlyAsMuch(
      String key, double first, double second, double third, double fourth, double fifth) {
    double[] published = {first, second, third, fourth, fifth};
    for (int s = 1; s <= 5; s++) {
      double ours = change(Corruption.ofKey(key).orElseThrow(), s, 10);
      assertThat(ours)
          .as("%s %d", key, s)
          .isCloseTo(published[s - 1], within(0.12 * published[s - 1]));
    }
  }

  /** Of the squared change, which falls between some severities by the published constants. */
  @Test
  void realImagesChangeMoreWithSeverity() {
    List<Corruption> ordered = new ArrayList<>(Corruption.ALL);
    ordered.removeAll(
        List.of(
            Corruption.GLASS_BLUR,
            Corruption.FROST,
            Corruption.ELASTIC_TRANSFORM,
            Corruption.SPATTER,
            Corruption.SATURATE));
    for (Corruption type : ordered) {
      double[] change = new double[5];
      for (int s = 1; s <= 5; s++) {
        for (int n = 0; n < images.size(); n++) {
          float[] x = images.get(n).clone();
          type.apply(x, 3, 32, 32, s, new Seed(n));
          for (int i = 0; i < x.length; i++) {
            change[s - 1] += Math.pow(x[i] - images.get(n)[i], 2);
          }
        }
      }
      double[] sorted = change.clone();
      Arrays.sort(sorted);
      for (int s = 0; s < 5; s++) {
        assertThat(change[s])
            .as("%s %d", type, s + 1)
            .isCloseTo(sorted[s], within(1e-3 * sorted[s]));
      }
    }
  }
}
