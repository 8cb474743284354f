package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;

/**
 * The corruptions with their constants, by severity: first those of CIFAR-10-C, then those of
 * ImageNet-C, as the authors' programs have them.
 */
final class Recipes {
  private Recipes() {}

  private static double[] row(double... bySeverity) {
    return bySeverity;
  }

  private static double[][] rows(double[]... bySeverity) {
    return bySeverity;
  }

  // ---- noise

  private static final double[] GAUSSIAN_CIFAR = {.04, .06, .08, .09, .10};
  private static final double[] GAUSSIAN_IMAGENET = {.08, .12, .18, .26, .38};
  private static final double[] SHOT_CIFAR = {500, 250, 100, 75, 50};
  private static final double[] SHOT_IMAGENET = {60, 25, 12, 5, 3};
  private static final double[] IMPULSE_CIFAR = {.01, .02, .03, .05, .07};
  private static final double[] IMPULSE_IMAGENET = {.03, .06, .09, .17, .27};
  private static final double[] SPECKLE_CIFAR = {.06, .10, .12, .16, .20};
  private static final double[] SPECKLE_IMAGENET = {.15, .20, .35, .45, .60};

  static ImageTransform gaussianNoise(Setting s) {
    return new Noise(Noise.Kind.GAUSSIAN, s.of(GAUSSIAN_CIFAR, GAUSSIAN_IMAGENET));
  }

  static ImageTransform shotNoise(Setting s) {
    return new Noise(Noise.Kind.SHOT, s.of(SHOT_CIFAR, SHOT_IMAGENET));
  }

  static ImageTransform impulseNoise(Setting s) {
    return new Noise(Noise.Kind.IMPULSE, s.of(IMPULSE_CIFAR, IMPULSE_IMAGENET));
  }

  static ImageTransform speckleNoise(Setting s) {
    return new Noise(Noise.Kind.SPECKLE, s.of(SPECKLE_CIFAR, SPECKLE_IMAGENET));
  }

  // ---- blur; lengths in pixels

  private static final double[] BLUR_CIFAR = {.4, .6, .7, .8, 1}; // deviation
  private static final double[] BLUR_IMAGENET = {1, 2, 3, 4, 6};
  private static final double[][] DEFOCUS_CIFAR = // radius, deviation of the edge
      rows(row(.3, .4), row(.4, .5), row(.5, .6), row(1, .2), row(1.5, .1));
  private static final double[][] DEFOCUS_IMAGENET =
      rows(row(3, .1), row(4, .5), row(6, .5), row(8, .5), row(10, .5));
  private static final double[][] GLASS_CIFAR = // deviation, reach, iterations
      rows(row(.05, 1, 1), row(.25, 1, 1), row(.4, 1, 1), row(.25, 1, 2), row(.4, 1, 2));
  private static final double[][] GLASS_IMAGENET =
      rows(row(.7, 1, 2), row(.9, 2, 1), row(1, 2, 3), row(1.1, 3, 2), row(1.5, 4, 2));
  private static final double[][] MOTION_CIFAR = // radius, deviation
      rows(row(6, 1), row(6, 1.5), row(6, 2), row(8, 2), row(9, 2.5));
  private static final double[][] MOTION_IMAGENET =
      rows(row(10, 3), row(15, 5), row(15, 8), row(15, 12), row(20, 15));
  private static final double[][] ZOOM_CIFAR = // enlarged images, step
      rows(row(7, .01), row(12, .01), row(16, .01), row(21, .01), row(26, .01));
  private static final double[][] ZOOM_IMAGENET =
      rows(row(12, .01), row(16, .01), row(11, .02), row(13, .02), row(11, .03));

  static ImageTransform gaussianBlur(Setting s) {
    return new Blur.Gaussian(s.pixels(s.of(BLUR_CIFAR, BLUR_IMAGENET)));
  }

  static ImageTransform defocusBlur(Setting s) {
    double[] c = s.of(DEFOCUS_CIFAR, DEFOCUS_IMAGENET);
    return new Blur.Defocus(Kernel.disc(c[0], s.pixels(c[1]), s.scale()));
  }

  static ImageTransform glassBlur(Setting s) {
    double[] c = s.of(GLASS_CIFAR, GLASS_IMAGENET);
    int reach = (int) Math.max(1, Math.round(s.pixels(c[1])));
    return new Blur.Glass(s.pixels(c[0]), reach, (int) c[2]);
  }

  static ImageTransform motionBlur(Setting s) {
    double[] c = s.of(MOTION_CIFAR, MOTION_IMAGENET);
    return new Blur.Motion(s.pixels(c[0]), s.pixels(c[1]));
  }

  static ImageTransform zoomBlur(Setting s) {
    double[] c = s.of(ZOOM_CIFAR, ZOOM_IMAGENET);
    return new Blur.Zoom((int) c[0], c[1]);
  }

  // ---- weather

  private static final double[][] SNOW_CIFAR = // as in Snow
      rows(
          row(.1, .2, 1, .6, 8, 3, .95),
          row(.1, .2, 1, .5, 10, 4, .9),
          row(.15, .3, 1.75, .55, 10, 4, .9),
          row(.25, .3, 2.25, .6, 12, 6, .85),
          row(.3, .3, 1.25, .65, 14, 12, .8));
  private static final double[][] SNOW_IMAGENET =
      rows(
          row(.1, .3, 3, .5, 10, 4, .8),
          row(.2, .3, 2, .5, 12, 4, .7),
          row(.55, .3, 4, .9, 12, 8, .7),
          row(.55, .3, 4.5, .85, 12, 8, .65),
          row(.55, .3, 2.5, .85, 12, 12, .55));
  private static final double[][] FROST_CIFAR = // keep, add
      rows(row(1, .2), row(1, .3), row(.9, .4), row(.85, .4), row(.75, .45));
  private static final double[][] FROST_IMAGENET =
      rows(row(1, .4), row(.8, .6), row(.7, .7), row(.65, .7), row(.6, .75));
  private static final double[][] FOG_CIFAR = // strength, decay
      rows(row(.2, 3), row(.5, 3), row(.75, 2.5), row(1, 2), row(1.5, 1.75));
  private static final double[][] FOG_IMAGENET =
      rows(row(1.5, 2), row(2, 2), row(2.5, 1.7), row(2.5, 1.5), row(3, 1.4));
  private static final double[][] SPATTER_CIFAR = // as in Spatter, mud is 1
      rows(
          row(.62, .1, .7, .7, .5, 0),
          row(.65, .1, .8, .7, .5, 0),
          row(.65, .3, 1, .69, .5, 0),
          row(.65, .1, .7, .69, .6, 1),
          row(.65, .1, .5, .68, .6, 1));
  private static final double[][] SPATTER_IMAGENET =
      rows(
          row(.65, .3, 4, .69, .6, 0),
          row(.65, .3, 3, .68, .6, 0),
          row(.65, .3, 2, .68, .5, 0),
          row(.65, .3, 1, .65, 1.5, 1),
          row(.67, .4, 1, .65, 1.5, 1));

  static ImageTransform snow(Setting s) {
    double[] c = s.of(SNOW_CIFAR, SNOW_IMAGENET);
    double drawn = Math.max(1, s.scale());
    double shrink = Math.min(1, s.scale());
    return new Snow(c[0], c[1], c[2] * drawn, c[3], c[4] * drawn, c[5] * drawn, c[6], shrink);
  }

  static ImageTransform frost(Setting s) {
    double[] c = s.of(FROST_CIFAR, FROST_IMAGENET);
    return new Frost(c[0], c[1]);
  }

  static ImageTransform fog(Setting s) {
    double[] c = s.of(FOG_CIFAR, FOG_IMAGENET);
    return new Fog(c[0], c[1]);
  }

  static ImageTransform spatter(Setting s) {
    double[] c = s.of(SPATTER_CIFAR, SPATTER_IMAGENET);
    boolean mud = c[5] == 1;
    return new Spatter(c[0], c[1], s.pixels(c[2]), c[3], mud ? s.pixels(c[4]) : c[4], mud);
  }

  // ---- digital

  private static final double[] BRIGHTNESS_CIFAR = {.05, .1, .15, .2, .3};
  private static final double[] BRIGHTNESS_IMAGENET = {.1, .2, .3, .4, .5};
  private static final double[] CONTRAST_CIFAR = {.75, .5, .4, .3, .15};
  private static final double[] CONTRAST_IMAGENET = {.4, .3, .2, .1, .05};
  private static final double[][] SATURATE_CIFAR = // factor, add
      rows(row(.3, 0), row(.1, 0), row(1.5, 0), row(2, .1), row(2.5, .2));
  private static final double[][] SATURATE_IMAGENET =
      rows(row(.3, 0), row(.1, 0), row(2, 0), row(5, .1), row(20, .2));
  private static final double[][] ELASTIC_CIFAR = // strength, deviation, jitter; of 32 pixels
      rows(
          row(0, 0, 2.56),
          row(1.6, 6.4, 2.24),
          row(2.56, 1.92, 1.92),
          row(3.2, 1.28, 1.6),
          row(3.2, .96, .96));
  private static final double[][] ELASTIC_IMAGENET = // of 224 pixels
      rows(
          row(488, 170.8, 24.4),
          row(488, 19.52, 48.8),
          row(12.2, 2.44, 4.88),
          row(17.08, 2.44, 4.88),
          row(29.28, 2.44, 4.88));
  private static final double[] PIXELATE_CIFAR = {.95, .9, .85, .75, .65};
  private static final double[] PIXELATE_IMAGENET = {.6, .5, .4, .3, .25};
  private static final double[] JPEG_CIFAR = {80, 65, 58, 50, 40};
  private static final double[] JPEG_IMAGENET = {25, 18, 15, 10, 7};

  static ImageTransform brightness(Setting s) {
    return new Tone.Brightness(s.of(BRIGHTNESS_CIFAR, BRIGHTNESS_IMAGENET));
  }

  static ImageTransform contrast(Setting s) {
    return new Tone.Contrast(s.of(CONTRAST_CIFAR, CONTRAST_IMAGENET));
  }

  static ImageTransform saturate(Setting s) {
    double[] c = s.of(SATURATE_CIFAR, SATURATE_IMAGENET);
    return new Tone.Saturate(c[0], c[1]);
  }

  static ImageTransform elastic(Setting s) {
    double[] c = s.of(ELASTIC_CIFAR, ELASTIC_IMAGENET);
    return new Elastic(s.ofSide(c[0]), s.ofSide(c[1]), s.ofSide(c[2]));
  }

  static ImageTransform pixelate(Setting s) {
    return new Pixelate(s.of(PIXELATE_CIFAR, PIXELATE_IMAGENET));
  }

  static ImageTransform jpeg(Setting s) {
    return new Jpeg((int) s.of(JPEG_CIFAR, JPEG_IMAGENET));
  }
}
