package io.holdfast.attack.blackbox.decision;

import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * The lowest frequencies of an image by the orthonormal cosine transform (DCT-II over rows and
 * columns of each channel). Shapes: B images, C channels, H and W height and width, k and l
 * frequencies that are kept.
 */
final class Frequencies {
  private final Space space;
  private final int rows; // k
  private final int columns; // l

  /**
   * @param share of the frequencies per axis, in (0, 1]; one at least is kept
   */
  Frequencies(Space space, double share) {
    this.space = space;
    rows = kept(space.height(), share);
    columns = kept(space.width(), share);
  }

  private static int kept(int length, double share) {
    return Math.max(1, (int) Math.round(length * share));
  }

  /** Number of coefficients. */
  int size() {
    return space.channels() * rows * columns;
  }

  /** Normal coefficients: directions of the subspace with no preferred one among them. */
  Tensor normal(Rng rng, int count) {
    return inverse(rng.normal(count, space.channels(), rows, columns)); // [B, C, H, W]
  }

  /**
   * Coefficients -1, 0 or 1, each as likely, times a size of its own (Maho et al. 2021, section
   * 5.2).
   *
   * @param sizes {@code [C k l]}
   */
  Tensor ternary(Rng rng, int count, float[] sizes) {
    Tensor size = Tensors.of(sizes, 1, space.channels(), rows, columns); // [1, C, k, l]
    Tensor sign =
        rng.integers(3, count, space.channels(), rows, columns) // [B, C, k, l]
            .sub(1);
    return inverse(size.mul(sign)); // [B, C, H, W]
  }

  /** The coefficients {@code [C k l]} of an image {@code [C H W]}. */
  float[] of(float[] image) {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(image, space.channels(), space.height(), space.width()); // [C, H, W]
      Tensor left = basis(space.height(), rows).transpose(0, 1); // [k, H]
      Tensor right = basis(space.width(), columns); // [W, l]
      return left.matmul(x).matmul(right).toFloats(); // [C, k, l]
    }
  }

  /** {@code [B, C, k, l]} as images {@code [B, C, H, W]}. */
  private Tensor inverse(Tensor coefficients) {
    Tensor left = basis(space.height(), rows); // [H, k]
    Tensor right = basis(space.width(), columns).transpose(0, 1); // [l, W]
    return left.matmul(coefficients).matmul(right); // [B, C, H, W]
  }

  /** The first columns of the orthonormal cosine basis, {@code [length, kept]}. */
  private static Tensor basis(int length, int kept) {
    float[] values = new float[length * kept];
    for (int i = 0; i < length; i++) {
      for (int f = 0; f < kept; f++) {
        double size = Math.sqrt((f == 0 ? 1.0 : 2.0) / length);
        values[i * kept + f] = (float) (size * Math.cos(Math.PI * (i + 0.5) * f / length));
      }
    }
    return Tensors.of(values, length, kept);
  }
}
