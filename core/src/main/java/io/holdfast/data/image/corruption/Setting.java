package io.holdfast.data.image.corruption;

/**
 * Where a corruption takes its constants from: those of CIFAR-10-C for images whose shorter side is
 * below {@value #LARGE}, as they are, in pixels; else those of ImageNet-C, with lengths in
 * proportion to the shorter side, which is 224 there.
 *
 * @param side shorter side in pixels
 * @param severity from 1 to 5
 */
record Setting(int side, int severity) {
  /** Shorter side from which the constants of ImageNet-C hold. */
  static final int LARGE = 64;

  private static final double CIFAR = 32;
  private static final double IMAGENET = 224;

  boolean large() {
    return side >= LARGE;
  }

  /** The number for this severity. */
  double of(double[] cifar, double[] imagenet) {
    return (large() ? imagenet : cifar)[severity - 1];
  }

  /** The numbers for this severity. */
  double[] of(double[][] cifar, double[][] imagenet) {
    return (large() ? imagenet : cifar)[severity - 1];
  }

  /** Pixels of this image in a pixel of ImageNet-C's; 1 with the constants of CIFAR-10-C. */
  double scale() {
    return large() ? side / IMAGENET : 1;
  }

  /** A length in pixels. */
  double pixels(double length) {
    return length * scale();
  }

  /** A length that is a part of the image's side in both of the originals. */
  double ofSide(double length) {
    return length * side / (large() ? IMAGENET : CIFAR);
  }
}
