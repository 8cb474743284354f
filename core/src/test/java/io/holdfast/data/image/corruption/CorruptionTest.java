package io.holdfast.data.image.corruption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Hashes;
import io.holdfast.common.Seed;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every corruption keeps. */
class CorruptionTest {
  /**
   * Types whose published constants do not order the squared change: glass, elastic and spatter
   * trade one of their lengths for another, frost darkens what it whitens, saturate changes
   * direction from severity 2 to 3.
   */
  private static final Set<Corruption> UNORDERED =
      Set.of(
          Corruption.GLASS_BLUR,
          Corruption.FROST,
          Corruption.ELASTIC_TRANSFORM,
          Corruption.SPATTER,
          Corruption.SATURATE);

  private static final int[][] SIZES = {{8, 8}, {9, 13}, {28, 28}, {33, 32}, {64, 71}};

  /** Coloured waves of several lengths with some edges: {@code [c, h, w]} in [0, 1]. */
  static float[] picture(int c, int h, int w, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    float[] pixels = new float[c * h * w];
    for (int k = 0; k < c; k++) {
      double a = 1 + 3 * random.nextDouble();
      double b = 1 + 3 * random.nextDouble();
      double phase = 6 * random.nextDouble();
      for (int i = 0; i < h * w; i++) {
        int row = i / w;
        double y = (double) row / h;
        double x = (double) (i % w) / w;
        double edge = StrictMath.sin(7 * (b * x - a * y) + 2 * phase) > 0 ? 0.25 : -0.2;
        double value = 0.45 + 0.25 * StrictMath.sin(6 * (a * x + b * y) + phase) + edge;
        pixels[k * h * w + i] = Levels.clip(value);
      }
    }
    return pixels;
  }

  private static float[] corrupted(
      Corruption type, float[] image, int c, int h, int w, int severity, long seed) {
    float[] out = image.clone();
    type.apply(out, c, h, w, severity, new Seed(seed));
    return out;
  }

  @ParameterizedTest
  @EnumSource
  void staysInRangeAndFollowsTheSeedAlone(Corruption type) {
    boolean differs = false;
    for (int[] size : SIZES) {
      int h = size[0];
      int w = size[1];
      for (int c = 1; c <= 3; c += 2) {
        float[] image = picture(c, h, w, c);
        for (int severity = 1; severity <= Corruption.SEVEREST; severity++) {
          float[] once = corrupted(type, image, c, h, w, severity, 3);
          assertThat(once).isEqualTo(corrupted(type, image, c, h, w, severity, 3));
          assertThat(once).hasSameSizeAs(image);
          for (float value : once) {
            assertThat(value >= 0 && value <= 1).isTrue();
          }
          boolean changed = !Arrays.equals(once, image);
          boolean visible = severity == Corruption.SEVEREST || h > 20; // few pixels, few impulses
          assertThat(changed || !visible || !type.changes(c)).as("%s %s", c, severity).isTrue();
          assertThat(type.changes(c) || !changed).isTrue();
          float[] other = corrupted(type, image, c, h, w, severity, 4);
          differs |= !Arrays.equals(once, other);
        }
      }
    }
    assertThat(differs).isEqualTo(type.random());
  }

  @ParameterizedTest
  @EnumSource
  void flatImagesStayInRangeToo(Corruption type) {
    for (float level : new float[] {0, 0.5f, 1}) {
      for (int c = 1; c <= 3; c += 2) {
        float[] image = new float[c * 10 * 12];
        Arrays.fill(image, level);
        for (int severity = 1; severity <= Corruption.SEVEREST; severity++) {
          for (float value : corrupted(type, image, c, 10, 12, severity, 5)) {
            assertThat(value >= 0 && value <= 1).isTrue();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theSquaredChangeGrowsWithSeverity(Corruption type) {
    for (int side : new int[] {32, 96}) {
      double last = 0;
      double first = 0;
      for (int severity = 1; severity <= Corruption.SEVEREST; severity++) {
        double change = 0;
        for (int i = 0; i < 6; i++) {
          float[] image = picture(3, side, side, i);
          change += squared(image, corrupted(type, image, 3, side, side, severity, i));
        }
        if (!UNORDERED.contains(type)) {
          assertThat(change).as("%s at %d", severity, side).isGreaterThanOrEqualTo(0.999 * last);
        }
        first = severity == 1 ? change : first;
        last = change;
      }
      if (!UNORDERED.contains(type)) {
        assertThat(last).isGreaterThan(1.3 * first);
      }
    }
  }

  private static double squared(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (double) (a[i] - b[i]);
    }
    return sum;
  }

  @Test
  void theBitsAreTheSameInEveryVersionAndOnEveryPlatform() {
    ByteBuffer all = ByteBuffer.allocate(19 * 5 * 3 * 20 * 24 * Float.BYTES);
    float[] image = picture(3, 20, 24, 9);
    for (Corruption type : Corruption.ALL) {
      for (int severity = 1; severity <= Corruption.SEVEREST; severity++) {
        for (float value : corrupted(type, image, 3, 20, 24, severity, 6)) {
          all.putFloat(value);
        }
      }
    }
    assertThat(Hashes.sha256Hex(all.array()))
        .isEqualTo("fae8574f111bac684f8f1b0858013cd93e3dbb396c1f9f53ad6fe6fc97957c9d");
  }

  @Test
  void whatIsOutOfRangeIsRefused() {
    assertThatThrownBy(() -> Corruption.FOG.at(0, 32, 32))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Corruption.FOG.at(6, 32, 32))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Corruption.FOG.at(3, 7, 32))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Corruption.takes(3, 8, 8)).isTrue();
    assertThat(Corruption.takes(2, 8, 8)).isFalse();
    assertThat(Corruption.takes(3, 8, 7)).isFalse();
    assertThat(Corruption.takes(64)).isFalse();
  }

  @Test
  void namesReadBack() {
    assertThat(Corruption.COMMON).hasSize(15);
    for (Corruption type : Corruption.ALL) {
      assertThat(Corruption.ofKey(type.key())).contains(type);
    }
    assertThat(Corruption.ofKey("hail")).isEmpty();
    assertThat(Corruption.JPEG_COMPRESSION.key()).isEqualTo("jpeg-compression");
  }
}
