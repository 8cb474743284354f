package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import java.util.random.RandomGenerator;

/**
 * Ice on a pane before the image. The original takes photographs of frost; here crystals grow: from
 * places along the edges needles run inwards, with side needles at 60 degrees as ice has them, over
 * a rough cloud of rime.
 *
 * @param keep part of the image's brightness that is left
 * @param add brightness of the ice
 */
record Frost(double keep, double add) implements ImageTransform {
  private static final float[] ICE = {0.885f, 1.01f, 1.08f}; // as in the photographs, of their mean

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    float[] ice = new Crystals(h, w, random).grow(); // [h w]
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] *= (float) keep;
    }
    for (int i = 0; i < ice.length; i++) {
      ice[i] *= (float) add;
    }
    Levels.paint(pixels, c, ice, ICE, false);
  }
}
