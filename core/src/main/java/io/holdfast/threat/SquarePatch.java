package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.random.RandomGenerator;

/**
 * One square somewhere in the image, which the attacker places (Brown et al. 2017; Croce et al.
 * 2022, section 5). A side longer than the image covers the image.
 *
 * @param size side of the square in pixels, at least 0
 */
public record SquarePatch(int size) implements PixelSet {
  /** The name in files. */
  public static final String NAME = "patch";

  public SquarePatch {
    PixelSet.requireSize(NAME, size);
  }

  @Override
  public String kind() {
    return NAME;
  }

  @Override
  public String describe() {
    return "cover one square of " + size + " by " + size + " pixels, anywhere, by any colours";
  }

  @Override
  public SquarePatch ofSize(int pixels) {
    return new SquarePatch(pixels);
  }

  @Override
  public boolean admits(boolean[] changed, int height, int width) {
    int top = height;
    int bottom = -1;
    int left = width;
    int right = -1;
    for (int i = 0; i < changed.length; i++) {
      if (changed[i]) {
        top = Math.min(top, i / width);
        bottom = Math.max(bottom, i / width);
        left = Math.min(left, i % width);
        right = Math.max(right, i % width);
      }
    }
    return bottom - top < size && right - left < size;
  }

  @Override
  public Tensor best(Tensor worth) {
    if (size == 0) {
      return worth.ne(worth);
    }
    long rows = Math.min(size, worth.size(1));
    long columns = Math.min(size, worth.size(2));
    long[] kernel = {rows, columns};
    Tensor sums = Nn.avgPool2d(worth.unsqueeze(1), kernel, new long[] {1, 1}, new long[] {0, 0});
    long across = sums.size(3); // W - columns + 1
    Tensor at = sums.reshape(worth.size(0), -1).argmax(1).to(DType.FLOAT64); // [N]
    Tensor top = at.div((double) across).floor(); // [N]
    Tensor left = at.sub(top.mul((double) across)); // [N]
    return span(top, rows, worth, 1).and(span(left, columns, worth, 2));
  }

  /** Whether the coordinate along {@code dim} is among {@code length} from {@code first}. */
  private static Tensor span(Tensor first, long length, Tensor like, int dim) {
    Tensor at = Tensors.range(like.size(dim)).to(DType.FLOAT64).to(like.device()); // [H or W]
    Tensor place = dim == 1 ? at.view(1, -1, 1) : at.view(1, 1, -1);
    Tensor from = first.view(-1, 1, 1); // [N, 1, 1]
    return place.ge(from).and(place.lt(from.add((double) length))); // [N, H, 1] or [N, 1, W]
  }

  @Override
  public boolean[] draw(RandomGenerator random, int height, int width) {
    int rows = Math.min(size, height);
    int columns = Math.min(size, width);
    int top = random.nextInt(height - rows + 1);
    int left = random.nextInt(width - columns + 1);
    boolean[] chosen = new boolean[height * width];
    for (int i = top; i < top + rows; i++) {
      for (int j = left; j < left + columns; j++) {
        chosen[i * width + j] = true;
      }
    }
    return chosen;
  }
}
