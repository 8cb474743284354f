package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;

/**
 * The proximity operators of norms, {@code argmin_z |z - x|_2^2 / 2 + lambda |z|} (Parikh and Boyd
 * 2014, section 6). In L0, whose own operator only cuts off, that of {@code sum_j |z_j|^(2/3)}
 * (Cao, Sun and Xu 2013, theorem 1), as Matyasko and Chau 2021 have it (section III.C). Shapes: N
 * samples, D components.
 */
final class Proximal {
  private static final double TINY = 1e-30;

  private Proximal() {}

  /**
   * The nearest point, where length costs too.
   *
   * @param x {@code [N, D]}
   * @param lambda what length costs, {@code [N, 1]}, above 0; in L1 and L0, where values do not
   *     depend on each other, also {@code [N, D]}
   * @return {@code [N, D]}
   */
  static Tensor of(Norm norm, Tensor x, Tensor lambda) {
    return switch (norm) {
      case LINF -> x.sub(Shortening.to(Norm.L1, x, lambda)); // [N, D], Moreau
      case L2 -> x.mul(lambda.div(norm.lengths(x).clampMin(TINY)).neg().add(1).clampMin(0));
      case L1 -> x.abs().sub(lambda).clampMin(0).mul(x.sign()); // [N, D]
      case L0 -> root(x, lambda);
    };
  }

  /**
   * The operator of {@code |z|^(2/3)} in closed form: 0 up to a threshold, at which the root of the
   * derivative becomes better than 0.
   */
  private static Tensor root(Tensor x, Tensor lambda) {
    Tensor cube = lambda.pow(3); // [N, 1] or [N, D]
    Tensor threshold = cube.mul(24).pow(0.25).mul(2.0 / 3); // as cube
    Tensor kept = x.abs().gt(threshold); // [N, D]
    Tensor square = x.square(); // [N, D]
    Tensor a = square.square().div(256).sub(cube.mul(8.0 / 729)).clampMin(0).sqrt(); // [N, D]
    Tensor c = square.div(16); // [N, D]
    Tensor b = cubeRoot(c.add(a)).add(cubeRoot(c.sub(a))).mul(2).clampMin(TINY); // [N, D]
    Tensor half = b.sqrt(); // [N, D]
    Tensor rest = x.abs().mul(2).div(half).sub(b).clampMin(0).sqrt(); // [N, D]
    Tensor size = half.add(rest).pow(3).div(8); // [N, D]
    return Tensors.where(kept, size.mul(x.sign()), x.mul(0));
  }

  private static Tensor cubeRoot(Tensor notNegative) {
    return notNegative.clampMin(0).pow(1.0 / 3);
  }
}
