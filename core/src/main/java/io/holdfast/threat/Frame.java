package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.random.RandomGenerator;

/**
 * The border of the image (Zajac et al. 2019; Croce et al. 2022, section 6).
 *
 * @param size width of the border in pixels, at least 0
 */
public record Frame(int size) implements PixelSet {
  /** The name in files. */
  public static final String NAME = "frame";

  public Frame {
    PixelSet.requireSize(NAME, size);
  }

  @Override
  public String kind() {
    return NAME;
  }

  @Override
  public String describe() {
    return "paint a border " + size + (size == 1 ? " pixel" : " pixels") + " wide in any colours";
  }

  @Override
  public Frame ofSize(int pixels) {
    return new Frame(pixels);
  }

  @Override
  public boolean admits(boolean[] changed, int height, int width) {
    for (int i = 0; i < changed.length; i++) {
      int across = Math.min(i % width, width - 1 - i % width);
      int down = Math.min(i / width, height - 1 - i / width);
      if (changed[i] && Math.min(across, down) >= size) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Tensor best(Tensor worth) {
    int height = Math.toIntExact(worth.size(1));
    int width = Math.toIntExact(worth.size(2));
    Tensor border = Tensors.of(border(height, width), 1, height, width).to(worth.device());
    return border.expand(worth.shape());
  }

  @Override
  public boolean[] draw(RandomGenerator random, int height, int width) {
    return border(height, width);
  }

  private boolean[] border(int height, int width) {
    boolean[] border = new boolean[height * width];
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        border[i * width + j] = i < size || j < size || i >= height - size || j >= width - size;
      }
    }
    return border;
  }
}
