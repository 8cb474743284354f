package io.holdfast.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
        new AugMix(2, 4, 0.3, 10),
        new RandomCorruption(0.7, 5, RandomCorruption.Types.ALL));
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
  void placementsTellWhatFlipsAndShiftsDid() {
    Dataset source = data(40);
    Augmentation moves =
        Augmentation.of(new PadCrop(3), new Flip(0.5), new PadCrop(1), new Flip(0.4));
    assertThat(moves.places()).isTrue();
    Dataset view = moves.over(source, new Seed(4), 7);
    boolean mirrored = false;
    for (int i = 0; i < 40; i++) {
      Placement all = moves.placement(source.id(i), new Seed(4), 7);
      mirrored |= all.mirrored();
      float[] from = source.read(i);
      float[] placed = new float[from.length];
      all.move(from, placed, 3, 8, 9, 0);
      float[] seen = view.read(i);
      for (int p = 0; p < seen.length; p++) { // what left the image on the way is zero
        assertThat(seen[p]).isIn(placed[p], 0f);
      }
      assertThat(IntStream.range(0, seen.length).filter(p -> seen[p] == placed[p]).count())
          .isGreaterThan(seen.length / 2);
      float[] back = new float[from.length];
      all.inverse().move(placed, back, 3, 8, 9, -1);
      for (int p = 0; p < back.length; p++) {
        assertThat(back[p]).isIn(from[p], -1f);
      }
    }
    assertThat(mirrored).isTrue();
    assertThat(Augmentation.of(new AugMix(3, 3, 1, 3)).places()).isFalse();
    assertThat(Augmentation.of(new Cutout(3, 1), new ColourJitter(0, 0, 0, 0)).places()).isTrue();
  }

  /** A 3x3 image of three channels, changed with one seed. */
  private static float[] changed(ImageTransform transform) {
    float[] image = new float[27];
    for (int i = 0; i < image.length; i++) {
      image[i] = i * 7 % 27 / 26f;
    }
    transform.apply(image, 3, 3, 3, new Seed(11).generator());
    return image;
  }

  @Test
  void frozenValuesStay() {
    // colour jitter: agrees with Python's colorsys; cutout: by hand; AugMix: frozen
    float[] jitter = {
      0.0f,
      0.076693356f,
      0.31587243f,
      0.63752425f,
      0.0f,
      0.1047467f,
      0.34461153f,
      0.66557765f,
      0.0f,
      0.22076467f,
      0.42535272f,
      0.6328074f,
      0.0f,
      0.25222415f,
      0.4534061f,
      0.6608608f,
      7.6568127E-4f,
      0.28353167f,
      0.53996944f,
      0.74150527f,
      0.0f,
      0.32070452f,
      0.5706781f,
      0.76955867f,
      0.0f,
      0.3494251f,
      0.6012386f
    };
    float[] cutout = {
      0.0f,
      0.26923078f,
      0.53846157f,
      0.0f,
      0.03846154f,
      0.30769232f,
      0.0f,
      0.84615386f,
      0.07692308f,
      0.34615386f,
      0.61538464f,
      0.88461536f,
      0.0f,
      0.3846154f,
      0.65384614f,
      0.0f,
      0.15384616f,
      0.42307693f,
      0.6923077f,
      0.96153843f,
      0.1923077f,
      0.0f,
      0.7307692f,
      1.0f,
      0.0f,
      0.5f,
      0.7692308f
    };
    float[] augMix = {
      0.004439835f,
      0.28879875f,
      0.5598381f,
      0.5613344f,
      0.044399735f,
      0.32066497f,
      0.6116972f,
      0.5731992f,
      0.08205996f,
      0.33191508f,
      0.6209565f,
      0.61135715f,
      0.08350252f,
      0.3725439f,
      0.64863545f,
      0.6247399f,
      0.12668787f,
      0.40346038f,
      0.67410684f,
      0.66641027f,
      0.12970449f,
      0.42569423f,
      0.7147356f,
      0.67692524f,
      0.17737636f,
      0.46632308f,
      0.7407959f
    };
    assertThat(changed(new ColourJitter(0.4, 0.4, 0.4, 0.1)))
        .containsExactly(jitter, within(1e-6f));
    assertThat(changed(new Cutout(2, 1))).containsExactly(cutout, within(1e-6f));
    assertThat(changed(new AugMix(3, 3, 1, 3))).containsExactly(augMix, within(1e-6f));
  }

  @Test
  void withoutStrengthNothingChanges() {
    for (ImageTransform transform :
        List.of(
            new PadCrop(0),
            new Flip(0),
            new Cutout(4, 0),
            new Cutout(0, 1),
            new ColourJitter(0, 0, 0, 0),
            new RandomCorruption(0, 5, RandomCorruption.Types.COMMON))) {
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
        Settings.yaml(
            "augment: [{name: pad-crop, padding: 2}, flip, 'cutout[size=8]', corruption,"
                + " {name: corruption, share: 0.2, severity: 5, types: extra}]",
            "t.yaml");
    Problems problems = new Problems("t.yaml");
    SettingsReader reader = settings.reader(problems);
    Augmentation augmentation = Augmentation.read(reader, "augment");
    reader.finish();
    problems.throwIfAny();
    assertThat(augmentation.transforms())
        .containsExactly(
            new PadCrop(2),
            new Flip(0.5),
            new Cutout(8, 1),
            new RandomCorruption(0.3, 3, RandomCorruption.Types.COMMON),
            new RandomCorruption(0.2, 5, RandomCorruption.Types.EXTRA));
  }

  @Test
  void wrongSettingsAreAllReported() {
    Settings settings =
        Settings.yaml(
            "augment: [{name: pad-crop, padding: -2}, flop, {name: flip, probabilty: 1},"
                + " {name: corruption, share: 1.5, severity: 6, types: rare}]",
            "t");
    Problems problems = new Problems("t");
    SettingsReader reader = settings.reader(problems);
    Augmentation.read(reader, "augment");
    reader.finish();
    assertThatThrownBy(problems::throwIfAny)
        .hasMessageContaining("-2")
        .hasMessageContaining("flop")
        .hasMessageContaining("probability")
        .hasMessageContaining("1.5")
        .hasMessageContaining("found 6")
        .hasMessageContaining("rare");
  }

  @Test
  void whatItCannotTakeIsNamed() {
    Augmentation corrupting =
        Augmentation.of(new Flip(0.5), new RandomCorruption(0.3, 3, RandomCorruption.Types.COMMON));
    assertThat(problems(corrupting, 3, 8, 9)).isEmpty();
    assertThat(problems(corrupting, 1, 28, 28)).isEmpty();
    for (List<Integer> shape : List.of(List.of(2, 28, 28), List.of(3, 7, 9))) {
      assertThat(problems(corrupting, shape.toArray(Integer[]::new)))
          .containsExactly(
              "images [1 or 3, H, W] of at least 8x8 for corruption, found inputs of shape "
                  + shape);
    }
    assertThat(problems(corrupting, 40))
        .containsExactly(
            "none, or images [channels, height, width] of two pixels and more, found inputs of"
                + " shape [40]");
    assertThat(problems(Augmentation.of(new Flip(0.5)), 2, 3, 3)).isEmpty();
    assertThat(problems(Augmentation.of(new Flip(0.5)), 8, 1, 1)).as("a table").hasSize(1);
    assertThat(problems(Augmentation.NONE, 40)).isEmpty();
  }

  private static List<String> problems(Augmentation augmentation, Integer... shape) {
    Problems problems = new Problems("");
    augmentation.check(List.of(shape), "augment", problems);
    return problems.list().stream().map(p -> p.expected() + ", found " + p.found()).toList();
  }
}
