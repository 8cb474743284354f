package io.holdfast.data.image.corruption;

import java.util.Arrays;

/**
 * The steps to whose multiples JPEG rounds the waves of a block of 8x8, row by row: the tables of
 * annex K of ITU-T T.81, scaled by the quality as the Independent JPEG Group's program does.
 */
public final class JpegSteps {
  private static final int[] BASE_LIGHT = {
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99
  };
  private static final int[] BASE_COLOUR = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99
  };

  private JpegSteps() {}

  /** Of grey images and of lightness; 64 whole numbers from 1 to 255. */
  public static int[] light(int quality) {
    return scaled(BASE_LIGHT, quality);
  }

  /** Of the two channels of colour. */
  public static int[] colour(int quality) {
    return scaled(BASE_COLOUR, quality);
  }

  private static int[] scaled(int[] base, int quality) {
    int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    return Arrays.stream(base)
        .map(b -> Math.min(255, Math.max(1, (b * scale + 50) / 100)))
        .toArray();
  }
}
