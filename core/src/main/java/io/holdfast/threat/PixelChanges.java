package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.random.RandomGenerator;

/**
 * At most so many pixels, anywhere: the L0 ball over pixels (Su et al. 2019, section 3.A; Croce et
 * al. 2022, section 3).
 *
 * @param size most pixels that change, at least 0
 */
public record PixelChanges(int size) implements PixelSet {
  /** The name in files. */
  public static final String NAME = "pixels";

  public PixelChanges {
    PixelSet.requireSize(NAME, size);
  }

  @Override
  public String kind() {
    return NAME;
  }

  @Override
  public String describe() {
    return "replace at most " + size + (size == 1 ? " pixel" : " pixels") + " by any colours";
  }

  @Override
  public PixelChanges ofSize(int pixels) {
    return new PixelChanges(pixels);
  }

  @Override
  public boolean admits(boolean[] changed, int height, int width) {
    int count = 0;
    for (boolean pixel : changed) {
      count += pixel ? 1 : 0;
    }
    return count <= size;
  }

  @Override
  public Tensor best(Tensor worth) {
    Tensor flat = worth.reshape(worth.size(0), -1); // [N, H W]
    return SparseRegion.largest(flat, size).view(worth.shape());
  }

  @Override
  public boolean[] draw(RandomGenerator random, int height, int width) {
    int pixels = height * width;
    boolean[] chosen = new boolean[pixels];
    for (int left = Math.min(size, pixels), i = 0; left > 0; i++) {
      if (random.nextInt(pixels - i) < left) { // selection sampling: each subset equally likely
        chosen[i] = true;
        left--;
      }
    }
    return chosen;
  }
}
