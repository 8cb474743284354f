package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.util.List;
import java.util.Set;

/**
 * Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; in the form
 * of PyTorch's {@code torch.optim.Muon}, whose decoupled weight decay it has): the momentum's
 * matrix {@code g + mu v} is replaced by the orthogonal matrix next to it, so that a step changes
 * what the layer computes equally much in all directions. That of a convolution is {@code [out, in
 * x height x width]}.
 *
 * <p>Vectors and the output layer, for which it is not meant, go by SGD with the same momentum and
 * decoupled weight decay at a rate of their own.
 */
final class Muon extends StatefulOptimiser {
  /** Of the odd polynomial {@code a s + b s^3 + c s^5} that drives singular values towards 1. */
  private static final double A = 3.4445;

  private static final double B = -4.7750;
  private static final double C = 2.0315;
  private static final int ITERATIONS = 5;
  private static final double EPS = 1e-7;

  private final Config config;
  private final Set<Integer> matrices;

  /**
   * For these weights.
   *
   * @param matrices positions of those that are taken as matrices
   */
  Muon(Config config, List<Tensor> weights, Set<Integer> matrices) {
    this.config = config;
    this.matrices = Set.copyOf(matrices);
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < weights.size(); i++) {
        remember("momentum." + i, Tensors.zerosLike(weights.get(i)));
      }
    }
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate) {
    for (int i = 0; i < weights.size(); i++) {
      try (Scope scope = Scope.open()) {
        step(i, weights.get(i), gradients.get(i), rate);
      }
    }
  }

  /** Layers are independent of each other. */
  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate, Workers workers) {
    if (weights.stream().allMatch(weight -> weight.device().isCpu())) {
      workers.map(weights.size(), i -> step(i, weights.get(i), gradients.get(i), rate));
    } else {
      step(weights, gradients, rate);
    }
  }

  private int step(int i, Tensor w, Tensor g, double rate) {
    double otherRate = rate * config.otherRate() / config.learningRate();
    Tensor v = of("momentum." + i).mulInPlace(config.momentum()).addInPlace(g);
    Tensor along = config.nesterov() ? g.add(v, config.momentum()) : v;
    boolean matrix = matrices.contains(i);
    double length = matrix ? rate : otherRate;
    w.mulInPlace(1 - length * config.weightDecay());
    w.addInPlace(matrix ? direction(along) : along, -length);
    return 0;
  }

  /**
   * The orthogonal matrix, longer by {@code sqrt(rows / columns)} where it is a tall one.
   *
   * @param t {@code [out, ...]}
   * @return of the same shape
   */
  private static Tensor direction(Tensor t) {
    Tensor matrix = t.reshape(t.size(0), -1); // [R, C]
    long rows = matrix.size(0);
    long columns = matrix.size(1);
    boolean tall = rows > columns;
    Tensor o = orthogonalised(tall ? matrix.transpose(0, 1) : matrix);
    double scale = Math.sqrt(Math.max(1, (double) rows / columns));
    return (tall ? o.transpose(0, 1) : o).mul(scale).reshape(t.shape());
  }

  /**
   * Newton-Schulz: five times {@code X <- a X + (b X X' + c (X X')^2) X}, from a matrix whose
   * singular values are at most 1.
   *
   * @param m {@code [R, C]}, R at most C
   */
  private static Tensor orthogonalised(Tensor m) {
    Tensor x = m.div(Math.sqrt(m.square().sum().item()) + EPS); // [R, C]
    for (int k = 0; k < ITERATIONS; k++) {
      Tensor gram = x.matmul(x.transpose(0, 1)); // [R, R]
      Tensor even = gram.mul(B).add(gram.matmul(gram), C); // [R, R]
      x = x.mul(A).add(even.matmul(x)); // [R, C]
    }
    return x;
  }
}
