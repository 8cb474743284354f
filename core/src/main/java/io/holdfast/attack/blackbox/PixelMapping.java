package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/**
 * Where pixels go by their colours (Pomponi et al. 2022, section 3.2): a place's score is the mean
 * absolute difference of the colours over the channels, or one over one plus that, which is 0 where
 * the colours are the same.
 */
final class PixelMapping {
  private final Pixle.Mapping mapping;
  private final Canvas canvas;
  private final float[] image; // [C, H, W]

  /**
   * The image's mapping.
   *
   * @param image that colours are taken from, {@code [C, H, W]}; not copied
   */
  PixelMapping(Pixle.Mapping mapping, Canvas canvas, float[] image) {
    this.mapping = mapping;
    this.canvas = canvas;
    this.image = image;
  }

  /**
   * One place for each pixel, in their order: none its own, no two the same.
   *
   * @param from fewer pixels than the image has
   */
  int[] of(int[] from, RandomGenerator random) {
    boolean[] taken = new boolean[canvas.pixels()];
    double[] scores = new double[canvas.pixels()];
    int[] to = new int[from.length];
    for (int i = 0; i < from.length; i++) {
      for (int place = 0; place < scores.length; place++) {
        boolean free = !taken[place] && place != from[i];
        scores[place] = free ? score(from[i], place) : Double.NEGATIVE_INFINITY;
      }
      to[i] = mapping.drawn() ? drawn(scores, random) : highest(scores);
      taken[to[i]] = true;
    }
    return to;
  }

  private double score(int pixel, int place) {
    double difference = 0;
    for (int c = 0; c < canvas.channels(); c++) {
      int channel = c * canvas.pixels();
      difference += Math.abs((double) image[channel + pixel] - image[channel + place]);
    }
    difference /= canvas.channels();
    if (!mapping.similar()) {
      return difference;
    }
    return difference == 0 ? 0 : 1 / (1 + difference);
  }

  /** The first of the highest. */
  private static int highest(double[] scores) {
    int best = 0;
    for (int place = 1; place < scores.length; place++) {
      best = scores[place] > scores[best] ? place : best;
    }
    return best;
  }

  /** Above 0. */
  private static double exponential(RandomGenerator random) {
    return Math.max(Double.MIN_VALUE, -Math.log1p(-random.nextDouble()));
  }

  /** By the softmax of the scores; by Gumbel's trick, so that nothing is summed. */
  private static int drawn(double[] scores, RandomGenerator random) {
    double[] keys = new double[scores.length];
    for (int place = 0; place < keys.length; place++) {
      keys[place] = scores[place] - Math.log(exponential(random));
    }
    return highest(keys);
  }
}
