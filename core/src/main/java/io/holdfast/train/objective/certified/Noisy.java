package io.holdfast.train.objective.certified;

import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.Noise;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A model seen through fixed draws of noise: its logits are the logarithms of the probabilities'
 * mean over the draws, so that cross-entropy on them is that of the smoothed model. Shapes: n
 * samples, D draws, K classes.
 */
final class Noisy implements InputGradients {
  private final InputGradients model;
  private final Tensor noise; // [D, n, ...]

  /**
   * The view.
   *
   * @param noise {@code [D, n, ...]}, added to inputs {@code [n, ...]}
   */
  Noisy(InputGradients model, Tensor noise) {
    this.model = model;
    this.noise = noise;
  }

  /** Normal noise {@code [D, n, ...]} for inputs {@code [n, ...]}, by sample. */
  static Tensor draws(List<Seed> seeds, Tensor x, int draws, double sigma) {
    try (Scope scope = Scope.open()) {
      List<Tensor> all =
          IntStream.range(0, draws)
              .mapToObj(d -> Noise.normal(seeds.stream().map(s -> s.split(d)).toList(), x))
              .toList(); // D of [n, ...]
      return scope.keep(Tensors.stack(all, 0).mul(sigma));
    }
  }

  /** Inputs with each draw of the noise, {@code [D n, ...]}. */
  static Tensor tiled(Tensor x, Tensor noise) {
    Tensor all = noise.add(x.unsqueeze(0)); // [D, n, ...]
    long[] shape = x.shape();
    shape[0] *= noise.size(0);
    return all.reshape(shape);
  }

  /** Log of the mean over draws of the probabilities, {@code [n, K]}, of {@code [D n, K]}. */
  static Tensor logMean(Tensor logits, long draws) {
    Tensor log = Nn.logSoftmax(logits, 1).view(draws, -1, logits.size(1)); // [D, n, K]
    return log.logSumExp(0).sub(Math.log((double) draws));
  }

  /** With m = mean_d p_d and w_d = c p_d / (D m): {@code w_d - p_d sum_k w_d}. */
  @Override
  public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
    long draws = noise.size(0);
    try (Scope scope = Scope.open()) {
      Pass all =
          model.pass(
              tiled(x, noise),
              z -> {
                Tensor out = logMean(z, draws); // [n, K]
                Tensor p = Nn.softmax(z, 1).view(draws, -1, z.size(1)); // [D, n, K]
                Tensor upper = cotangent.apply(out).div(out.exp().clampMin(Float.MIN_NORMAL));
                Tensor w = p.mul(upper).div((double) draws); // [D, n, K]
                return w.sub(p.mul(w.sumKeep(2))).view(z.shape()); // [D n, K]
              });
      long[] wide = LongStream.concat(LongStream.of(draws), Arrays.stream(x.shape())).toArray();
      Tensor gradient = all.gradient().view(wide).sum(0); // [n, ...]
      return new Pass(scope.keep(logMean(all.logits(), draws)), scope.keep(gradient));
    }
  }

  @Override
  public Tensor logits(Tensor x) {
    try (Scope scope = Scope.open()) {
      return scope.keep(logMean(model.logits(tiled(x, noise)), noise.size(0)));
    }
  }

  @Override
  public void close() {} // the model is another's
}
