package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.train.Slices.Slice;
import java.util.List;

/**
 * Stochastic gradient descent with momentum as PyTorch has it: {@code v = momentum * v + g}, then
 * {@code w -= rate * (g + momentum * v)} with Nesterov and {@code w -= rate * v} without, where
 * {@code g} includes the weight decay (Sutskever et al. 2013, section 2, in PyTorch's form).
 */
final class Sgd extends StatefulOptimiser {
  private final Config config;

  Sgd(Config config, List<Tensor> weights) {
    this.config = config;
    if (config.momentum() > 0) {
      try (Scope scope = Scope.open()) {
        for (int i = 0; i < weights.size(); i++) {
          // Zero at first: momentum * 0 + g = g, which is PyTorch's first step.
          remember("momentum." + i, Tensors.zerosLike(weights.get(i)));
        }
      }
    }
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate) {
    for (int i = 0; i < weights.size(); i++) {
      try (Scope scope = Scope.open()) {
        step(new Slice(i, 0, 0), weights, gradients, rate);
      }
    }
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate, Workers workers) {
    Slices.each(weights, workers, slice -> step(slice, weights, gradients, rate));
  }

  private int step(Slice slice, List<Tensor> weights, List<Tensor> gradients, double rate) {
    Tensor w = slice.of(weights);
    Tensor g = slice.of(gradients).add(w, config.weightDecay());
    if (config.momentum() > 0) {
      Tensor v = slice.of(of("momentum." + slice.tensor()));
      v.mulInPlace(config.momentum()).addInPlace(g);
      g = config.nesterov() ? g.add(v, config.momentum()) : v;
    }
    w.addInPlace(g, -rate);
    return 0;
  }
}
