package io.holdfast.data.image;

import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.data.image.corruption.Corruption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Transforms applied one after the other. What a sample becomes depends on the seed, the epoch, its
 * id and the position of each transform in the list, never on order or threads.
 *
 * @param transforms in the order of application
 */
public record Augmentation(List<ImageTransform> transforms) {
  /** Leaves images as they are. */
  public static final Augmentation NONE = new Augmentation(List.of());

  /** The name of random corruptions in files. */
  static final String CORRUPTION = "corruption";

  private static final Set<String> NAMES =
      new TreeSet<>(List.of("pad-crop", "flip", "cutout", "colour-jitter", "augmix", CORRUPTION));

  public Augmentation {
    transforms = List.copyOf(transforms);
  }

  /** Transforms in this order. */
  public static Augmentation of(ImageTransform... transforms) {
    return new Augmentation(List.of(transforms));
  }

  /**
   * Reads a list such as {@code [{name: pad-crop, padding: 4}, flip]}. Names and defaults: {@code
   * pad-crop} (padding 4), {@code flip} (probability 0.5), {@code cutout} (size 16, probability 1),
   * {@code colour-jitter} (brightness, contrast, saturation 0.4, hue 0.1), {@code augmix} (chains
   * 3, depth 3, alpha 1, severity 3), {@code corruption} (share 0.3, severity 3, types common).
   * Problems go to the section's.
   */
  public static Augmentation read(SettingsReader section, String key) {
    List<ImageTransform> transforms = new ArrayList<>();
    for (SettingsReader entry : section.textsOrSections(key)) {
      transforms.add(transform(entry));
    }
    return new Augmentation(transforms);
  }

  private static ImageTransform transform(SettingsReader entry) {
    return switch (entry.choice("name", NAMES)) {
      case "pad-crop" -> new PadCrop(entry.integer("padding", 4, 0, 1 << 10));
      case "cutout" ->
          new Cutout(entry.integer("size", 16, 0, 1 << 14), entry.number("probability", 1, 0, 1));
      case "colour-jitter" ->
          new ColourJitter(
              entry.number("brightness", 0.4, 0, 1),
              entry.number("contrast", 0.4, 0, 1),
              entry.number("saturation", 0.4, 0, 1),
              entry.number("hue", 0.1, 0, 0.5));
      case "augmix" ->
          new AugMix(
              entry.integer("chains", 3, 1, 16),
              entry.integer("depth", 3, 1, 8),
              entry.number("alpha", 1, 0.05, 100),
              entry.number("severity", 3, 0.1, 10));
      case CORRUPTION ->
          new RandomCorruption(
              entry.number("share", 0.3, 0, 1),
              entry.integer("severity", 3, 1, Corruption.SEVEREST),
              entry.choice("types", RandomCorruption.Types.COMMON));
      default -> new Flip(entry.number("probability", 0.5, 0, 1));
    };
  }

  /** Adds, at a field, what keeps samples of a shape from being changed so. */
  public void check(List<Integer> shape, String field, Problems problems) {
    if (transforms.isEmpty()) {
      return;
    }
    String found = "inputs of shape " + shape;
    if (shape.size() != 3 || Math.min(shape.get(1), shape.get(2)) < 2) { // such as rows of a table
      problems.add(
          field, "none, or images [channels, height, width] of two pixels and more", found);
      return;
    }
    for (ImageTransform transform : transforms) {
      String needed = transform.lacks(shape.get(0), shape.get(1), shape.get(2));
      if (needed != null) {
        problems.add(field, needed, found);
      }
    }
  }

  /**
   * A view of image data in one epoch: reading a sample transforms it. Ids, labels and the content
   * hash are the source's.
   *
   * @throws IllegalArgumentException if samples are not {@code [C, H, W]}
   */
  public Dataset over(Dataset source, Seed seed, long epoch) {
    if (transforms.isEmpty()) {
      return source;
    }
    if (source.info().shape().size() != 3) {
      throw new IllegalArgumentException("images are [C, H, W], found " + source.info().shape());
    }
    return new View(source, seed.split("augment").split(epoch));
  }

  /**
   * Whether all that moves pixels is flips and shifts, so that {@link #placement} tells where to.
   */
  public boolean places() {
    return transforms.stream().allMatch(t -> t.placement(new Seed(0).generator()) != null);
  }

  /**
   * Where the pixels of a sample stand in the {@linkplain #over view} of an epoch.
   *
   * @throws IllegalStateException if not {@link #places}
   */
  public Placement placement(long id, Seed seed, long epoch) {
    Seed own = seed.split("augment").split(epoch).split(id);
    Placement all = Placement.SAME;
    for (int i = 0; i < transforms.size(); i++) {
      Placement one = transforms.get(i).placement(own.split(i).generator());
      if (one == null) {
        throw new IllegalStateException(transforms.get(i) + " is no flip or shift");
      }
      all = all.then(one);
    }
    return all;
  }

  private final class View extends ForwardingDataset {
    private final Seed seed;

    View(Dataset source, Seed seed) {
      super(source);
      this.seed = seed;
    }

    @Override
    public void read(int index, float[] into, int offset) {
      List<Integer> shape = info().shape();
      float[] pixels = source().read(index);
      Seed own = seed.split(id(index));
      for (int i = 0; i < transforms.size(); i++) {
        RandomGenerator random = own.split(i).generator();
        transforms.get(i).apply(pixels, shape.get(0), shape.get(1), shape.get(2), random);
      }
      System.arraycopy(pixels, 0, into, offset, pixels.length);
    }
  }
}
