package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import java.util.random.RandomGenerator;

/**
 * A cloud over the image, which is darkened so that its brightest value stays.
 *
 * @param strength of the cloud
 * @param decay of its roughness
 */
record Fog(double strength, double decay) implements ImageTransform {
  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    float[] cloud = Plasma.cloud(h, w, decay, random); // [h w]
    float most = 0;
    for (float value : pixels) {
      most = Math.max(most, value);
    }
    for (int i = 0; i < pixels.length; i++) {
      double foggy = pixels[i] + strength * cloud[i % cloud.length];
      pixels[i] = Levels.clip(foggy * most / (most + strength));
    }
  }
}
