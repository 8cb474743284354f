package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.blackbox.Pixle.Mapping;
import io.holdfast.common.Seed;
import io.holdfast.threat.Domain;
import io.holdfast.threat.PixelChanges;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where Pixle's mappings send pixels. */
class PixelMappingTest {
  private static final Canvas CANVAS = new Canvas(2, 1, 5, new PixelChanges(5), Domain.UNIT);

  /** Colours of five pixels in two channels: 0 and 3 are the same, 1 is near them, 4 is far. */
  private static final float[] IMAGE = {0, 0.1f, 0.5f, 0, 1, 0, 0, 0.4f, 0, 1};

  private static int[] of(Mapping mapping, RandomGenerator random, int... from) {
    return new PixelMapping(mapping, CANVAS, IMAGE).of(from, random);
  }

  @Test
  void theNearestAndTheFarthestColoursThatAreLeft() {
    RandomGenerator none = new Seed(1).generator();
    assertThat(of(Mapping.SIMILARITY, none, 0, 3)).containsExactly(1, 2);
    assertThat(of(Mapping.DISTANCE, none, 0, 3)).containsExactly(4, 2);
  }

  @ParameterizedTest
  @EnumSource(names = {"SIMILARITY_RANDOM", "DISTANCE_RANDOM"})
  void drawnPlacesFollowTheSoftmax(Mapping mapping) {
    double[] score = new double[5];
    double total = 0;
    for (int i = 1; i < 5; i++) {
      double apart = (Math.abs(IMAGE[i]) + Math.abs(IMAGE[5 + i])) / 2; // from pixel 0
      double similar = apart == 0 ? 0 : 1 / (1 + apart);
      score[i] = Math.exp(mapping == Mapping.DISTANCE_RANDOM ? apart : similar);
      total += score[i];
    }
    RandomGenerator random = new Seed(2).generator();
    double[] found = new double[5];
    for (int i = 0; i < 20_000; i++) {
      found[of(mapping, random, 0)[0]] += 1 / 20_000.0;
    }
    for (int i = 0; i < 5; i++) {
      assertThat(found[i]).isCloseTo(score[i] / total, within(0.015));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "RANDOM", mode = EnumSource.Mode.EXCLUDE)
  void noTwoGoToTheSamePlaceAndNoneToItsOwn(Mapping mapping) {
    RandomGenerator random = new Seed(3).generator();
    int[] from = {0, 1, 2};
    for (int i = 0; i < 50; i++) {
      int[] to = of(mapping, random, from);
      assertThat(Arrays.stream(to).distinct().count()).isEqualTo(3);
      for (int k = 0; k < 3; k++) {
        assertThat(to[k]).isNotEqualTo(from[k]);
      }
    }
  }
}
