package io.holdfast.data.image.corruption;

import io.holdfast.common.Seed;
import io.holdfast.data.image.ImageTransform;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * The common corruptions of Hendrycks and Dietterich (2019, arXiv 1903.12261, section 4.1): the 15
 * of the benchmark, then the 4 that the authors keep for tuning. Severities go from 1 to {@value
 * #SEVEREST}; constants are those of CIFAR-10-C for images whose shorter side is below 64 pixels,
 * else those of ImageNet-C with lengths in proportion to the shorter side, which is 224 there.
 *
 * <p>Images are {@code [C, H, W]} in [0, 1], grey or RGB, at least {@value #SMALLEST} pixels high
 * and wide. Results depend on image, type, severity and seed alone, bit for bit on every platform;
 * they are not rounded to 8 bits, but for JPEG's. One seed gives the same random numbers at every
 * severity. The order of the constants is part of perturbations' variables and never changes.
 */
public enum Corruption {
  GAUSSIAN_NOISE(Family.NOISE, true, Recipes::gaussianNoise),
  SHOT_NOISE(Family.NOISE, true, Recipes::shotNoise),
  IMPULSE_NOISE(Family.NOISE, true, Recipes::impulseNoise),
  DEFOCUS_BLUR(Family.BLUR, false, Recipes::defocusBlur),
  GLASS_BLUR(Family.BLUR, true, Recipes::glassBlur),
  MOTION_BLUR(Family.BLUR, true, Recipes::motionBlur),
  ZOOM_BLUR(Family.BLUR, false, Recipes::zoomBlur),
  SNOW(Family.WEATHER, true, Recipes::snow),
  FROST(Family.WEATHER, true, Recipes::frost),
  FOG(Family.WEATHER, true, Recipes::fog),
  BRIGHTNESS(Family.WEATHER, false, Recipes::brightness),
  CONTRAST(Family.DIGITAL, false, Recipes::contrast),
  ELASTIC_TRANSFORM(Family.DIGITAL, true, Recipes::elastic),
  PIXELATE(Family.DIGITAL, false, Recipes::pixelate),
  JPEG_COMPRESSION(Family.DIGITAL, false, Recipes::jpeg),
  SPECKLE_NOISE(Family.EXTRA, true, Recipes::speckleNoise),
  GAUSSIAN_BLUR(Family.EXTRA, false, Recipes::gaussianBlur),
  SPATTER(Family.EXTRA, true, Recipes::spatter),
  SATURATE(Family.EXTRA, false, Recipes::saturate);

  /** The highest severity. */
  public static final int SEVEREST = 5;

  /** The least height and width of an image. */
  public static final int SMALLEST = 8;

  /** The 15 of the benchmark. */
  public static final List<Corruption> COMMON =
      Arrays.stream(values()).filter(c -> c.family != Family.EXTRA).toList();

  /** All 19. */
  public static final List<Corruption> ALL = List.of(values());

  /** Where a corruption comes from. */
  public enum Family {
    NOISE,
    BLUR,
    WEATHER,
    DIGITAL,
    /** Not part of the benchmark's mean. */
    EXTRA
  }

  private final Family family;
  private final boolean random;

  @SuppressWarnings("ImmutableEnumChecker") // method references alone
  private final Function<Setting, ImageTransform> recipe;

  Corruption(Family family, boolean random, Function<Setting, ImageTransform> recipe) {
    this.family = family;
    this.random = random;
    this.recipe = recipe;
  }

  /** The name in files: the constant in lower case, with {@code -}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The corruption of that name. */
  public static Optional<Corruption> ofKey(String key) {
    return ALL.stream().filter(c -> c.key().equals(key)).findFirst();
  }

  /** Its position in {@link #ALL}, which never changes. */
  public int number() {
    return ALL.indexOf(this);
  }

  public Family family() {
    return family;
  }

  /** Whether the result depends on the seed. */
  public boolean random() {
    return random;
  }

  /** Whether it changes images of so many channels; {@code saturate} needs colour. */
  public boolean changes(int channels) {
    return channels == 3 || this != SATURATE;
  }

  /** Whether images of this shape can be corrupted: {@code [1 or 3, H, W]}, not too small. */
  public static boolean takes(long... shape) {
    return shape.length == 3
        && (shape[0] == 1 || shape[0] == 3)
        && Math.min(shape[1], shape[2]) >= SMALLEST;
  }

  /**
   * The transform for images of this size.
   *
   * @param severity from 1 to {@value #SEVEREST}
   * @throws IllegalArgumentException if severity or size are out of range
   */
  public ImageTransform at(int severity, int h, int w) {
    if (severity < 1 || severity > SEVEREST || Math.min(h, w) < SMALLEST) {
      throw new IllegalArgumentException(
          "severity from 1 to 5 and a size of at least 8x8, found "
              + severity
              + ", "
              + h
              + "x"
              + w);
    }
    return recipe.apply(new Setting(Math.min(h, w), severity));
  }

  /**
   * Corrupts an image in place.
   *
   * @param pixels {@code [c, h, w]} in [0, 1]
   * @param severity from 1 to {@value #SEVEREST}
   */
  public void apply(float[] pixels, int c, int h, int w, int severity, Seed seed) {
    at(severity, h, w).apply(pixels, c, h, w, seed.split(key()).generator());
  }
}
