package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.View;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What the model sees instead of the point itself, so that the point does not overfit one model.
 * Shapes: n samples, C channels, H and W height and width.
 *
 * @param scales copies of the input at half the brightness of the one before each, whose gradients
 *     are averaged (Lin et al. 2020, section 3.2), at least 1
 * @param diversity probability with which a view is shrunk and placed at random on zeros (Xie et
 *     al. 2019, section 3.3), in [0, 1]; images only
 * @param smallest least size of a shrunk view as a share of the image, in (0, 1); the original
 *     enlarges images instead, which a network of fixed input size does not take
 */
public record Views(int scales, double diversity, double smallest) {
  /** The point itself. */
  public static final Views PLAIN = new Views(1, 0, 0.9);

  private static final int MOST = 30; // 2^-30 of a pixel is below the resolution of float32

  public Views {
    if (scales < 1 || scales > MOST) {
      throw new InvalidInputException(
          "attack", "scales", "a whole number from 1 to " + MOST, Integer.toString(scales));
    }
    if (!(diversity >= 0 && diversity <= 1)) {
      throw new InvalidInputException(
          "attack", "diversity", "a probability in [0, 1]", Double.toString(diversity));
    }
    if (!(smallest > 0 && smallest < 1)) {
      throw new InvalidInputException(
          "attack", "smallest", "a share above 0 and below 1", Double.toString(smallest));
    }
  }

  /** So many copies at falling brightness. */
  public static Views scales(int copies) {
    return new Views(copies, 0, PLAIN.smallest);
  }

  /** Shrunk to nine tenths at least, with this probability. */
  public static Views diversity(double probability) {
    return new Views(1, probability, PLAIN.smallest);
  }

  static List<Knob<Views>> knobs() {
    return List.of(
        Knobs.whole(
            "scales",
            "copies at falling brightness whose gradients are averaged, 1 to " + MOST,
            1,
            MOST,
            Views::scales,
            (v, n) -> new Views(n, v.diversity, v.smallest)),
        Knobs.share(
            "diversity",
            "probability of a view shrunk and placed at random",
            Views::diversity,
            (v, p) -> new Views(v.scales, p, v.smallest)),
        Knobs.where(
            v -> v.diversity > 0,
            "diversity is 0",
            Knobs.number(
                "smallest",
                "least size of a shrunk view as a share of the image",
                0.01,
                0.99,
                Views::smallest,
                (v, share) -> new Views(v.scales, v.diversity, share))));
  }

  /** Whether the model sees the points themselves. */
  boolean plain() {
    return scales == 1 && diversity == 0;
  }

  /**
   * The views of one step.
   *
   * @param eot how often each is taken
   * @param seeds of the step, one per sample
   */
  List<View> of(int eot, List<Seed> seeds) {
    List<View> views = new ArrayList<>();
    for (int e = 0; e < eot; e++) {
      for (int i = 0; i < scales; i++) {
        int draw = views.size();
        double brightness = Math.pow(2, -i);
        View bright = i == 0 ? View.PLAIN : x -> x.mul(brightness);
        views.add(diversity == 0 ? bright : x -> shrunk(bright.of(x), seeds, draw));
      }
    }
    return views;
  }

  private Tensor shrunk(Tensor x, List<Seed> seeds, int draw) {
    int height = Math.toIntExact(x.size(2));
    int width = Math.toIntExact(x.size(3));
    float[] maps = new float[seeds.size() * 6]; // [n, 2, 3] from places in the view to those in x
    for (int i = 0; i < seeds.size(); i++) {
      RandomGenerator random = seeds.get(i).split("view").split(draw).generator();
      boolean whole = random.nextDouble() >= diversity;
      double share = whole ? 1 : share(width, random);
      float[] across = place(width, share, random);
      float[] down = place(height, share, random);
      maps[6 * i] = across[0];
      maps[6 * i + 2] = across[1];
      maps[6 * i + 4] = down[0];
      maps[6 * i + 5] = down[1];
    }
    Tensor theta = Tensors.of(maps, seeds.size(), 2, 3).to(x.device());
    return Nn.gridSample(x, Nn.affineGrid(theta, x.shape())); // [n, C, H, W]
  }

  private double share(int width, RandomGenerator random) {
    int least = Math.max(1, (int) (smallest * width));
    return least >= width ? 1 : random.nextInt(least, width) / (double) width;
  }

  /** Factor and offset from places in [-1, 1] of the view to those of the image, on one axis. */
  private static float[] place(int size, double share, RandomGenerator random) {
    int side = Math.max(1, (int) Math.round(share * size));
    int before = random.nextInt(size - side + 1); // zeros before it
    return new float[] {(float) (size / (double) side), (float) ((size - 2.0 * before) / side - 1)};
  }
}
