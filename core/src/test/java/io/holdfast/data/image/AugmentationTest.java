package io.holdfast.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AugmentationTest {
  private static final float[] RAMP = {0f, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f};

  static List<ImageTransform> all() {
    return List.of(
        new PadCrop(3),
        new Flip(0.5),
        new Cutout(5, 0.9),
        new ColourJitter(0.8, 0.8, 0.8, 0.5),
        new AugMix(3, 3, 1, 3),
        new AugMix(2, 4, 0.3, 10));
  }

  private static float[] noise(int n, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(8) == 0 ? random.nextInt(2) : random.nextFloat();
    }
    return values;
  }

  private static Dataset data(int count) {
    byte[] pixels = new byte[count * 3 * 8 * 9];
    new Seed(5).generator().nextBytes(pixels);
    DatasetInfo info = new DatasetInfo("noise", List.of(3, 8, 9), List.of("a", "b"), "");
    return InMemoryImages.of(info, pixels, IntStream.range(0, count).map(i -> i % 2).toArray());
  }

  @ParameterizedTest
  @MethodSource("all")
  void staysInRangeAndFollowsTheSeedAlone(ImageTransform transform) {
    boolean changed = false;
    for (int trial = 0; trial < 200; trial++) {
      int c = trial % 2 == 0 ? 3 : 1;
      float[] before = noise(c * 8 * 9, trial);
      float[] once = before.clone();
      float[] again = before.clone();
      transform.apply(once, c, 8, 9, new Seed(trial).generator());
      transform.apply(again, c, 8, 9, new Seed(trial).generator());
      assertThat(once).isEqualTo(again);
      for (float value : once) {
        assertThat(value).isBetween(0f, 1f);
      }
      changed |= !Arrays.equals(before, once);
    }
    assertThat(changed).isTrue();
  }

  @Test
  void withoutStrengthNothingChanges() {
    for (ImageTransform transform :
        List.of(
            new PadCrop(0),
            new Flip(0),
            new Cutout(4, 0),
            new Cutout(0, 1),
            new ColourJitter(0, 0, 0, 0))) {
      float[] image = noise(3 * 6 * 6, 1);
      float[] same = image.clone();
      transform.apply(same, 3, 6, 6, new Seed(2).generator());
      assertThat(same).as(transform.toString()).isEqualTo(image);
    }
  }

  @Test
  void flipMirrorsRows() {
    float[] image = RAMP.clone();
    new Flip(1).apply(image, 1, 2, 3, new Seed(1).generator());
    assertThat(image).containsExactly(0.2f, 0.1f, 0f, 0.5f, 0.4f, 0.3f);
  }

  @Test
  void padCropShiftsEveryWayAndFillsWithZero() {
    float[] one = {0, 0, 0, 0, 1, 0, 0, 0, 0};
    boolean[] seen = new boolean[9];
    for (int i = 0; i < 200; i++) {
      float[] image = one.clone();
      new PadCrop(1).apply(image, 1, 3, 3, new Seed(i).generator());
      int at = IntStream.range(0, 9).filter(p -> image[p] == 1).findFirst().orElseThrow();
      assertThat(IntStream.range(0, 9).filter(p -> image[p] != 0).count()).isEqualTo(1);
      seen[at] = true;
    }
    assertThat(seen).containsOnly(true);
  }

  @Test
  void aThirdOfATurnMovesColoursAround() {
    float[] red = {1, 0, 0};
    boolean green = false;
    for (int i = 0; i < 500 && !green; i++) {
      float[] pixel = red.clone();
      new ColourJitter(0, 0, 0, 0.5).apply(pixel, 3, 1, 1, new Seed(i).generator());
      assertThat(Math.max(pixel[0], Math.max(pixel[1], pixel[2]))).isEqualTo(1f);
      assertThat(Math.min(pixel[0], Math.min(pixel[1], pixel[2]))).isEqualTo(0f);
      green = pixel[1] == 1f && pixel[0] < 0.1f;
    }
    assertThat(green).isTrue();
  }

  @Test
  void aConstantImageSurvivesMixingOfItsColour() {
    for (AugMixOperation operation :
        List.of(AugMixOperation.AUTO_CONTRAST, AugMixOperation.EQUALISE)) {
      float[] grey = {0.5f, 0.5f, 0.5f, 0.5f};
      assertThat(operation.apply(grey, 1, 2, 2, 3, new Seed(1).generator())).isEqualTo(grey);
    }
    float[] stretched =
        AugMixOperation.AUTO_CONTRAST.apply(
            new float[] {0.2f, 0.3f, 0.4f, 0.6f}, 1, 2, 2, 3, new Seed(1).generator());
    assertThat(stretched[0]).isZero();
    assertThat(stretched[3]).isEqualTo(1f);
  }

  @Test
  void samplesDependOnIdNotOnOrderOrSubset() {
    Dataset data = data(10);
    Augmentation augmentation = new Augmentation(all());
    Dataset epoch = augmentation.over(data, new Seed(7), 3);
    float[] late = epoch.read(9);
    float[][] parallel =
        IntStream.range(0, 10).parallel().mapToObj(i -> epoch.read(i)).toArray(float[][]::new);
    assertThat(parallel[9]).isEqualTo(late);
    assertThat(augmentation.over(data.subset(9), new Seed(7), 3).read(0)).isEqualTo(late);
    assertThat(augmentation.over(data, new Seed(7), 4).read(9)).isNotEqualTo(late);
    assertThat(augmentation.over(data, new Seed(8), 3).read(9)).isNotEqualTo(late);
    assertThat(Augmentation.NONE.over(data, new Seed(8), 3)).isSameAs(data);
  }

  @Test
  void readsFromSettings() {
    Settings settings =
        Settings.yaml("augment: [{name: pad-crop, padding: 2}, flip, 'cutout[size=8]']", "t.yaml");
    Problems problems = new Problems("t.yaml");
    SettingsReader reader = settings.reader(problems);
    Augmentation augmentation = Augmentation.read(reader, "augment");
    reader.finish();
    problems.throwIfAny();
    assertThat(augmentation.transforms())
        .containsExactly(new PadCrop(2), new Flip(0.5), new Cutout(8, 1));
  }

  @Test
  void wrongSettingsAreAllReported() {
    Settings settings =
        Settings.yaml(
            "augment: [{name: pad-crop, padding: -2}, flop, {name: flip, probabilty: 1}]", "t");
    Problems problems = new Problems("t");
    SettingsReader reader = settings.reader(problems);
    Augmentation.read(reader, "augment");
    reader.finish();
    assertThatThrownBy(problems::throwIfAny)
        .hasMessageContaining("-2")
        .hasMessageContaining("flop")
        .hasMessageContaining("probability");
  }
}
