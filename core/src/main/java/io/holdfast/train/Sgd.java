package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
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
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < weights.size(); i++) {
        Tensor w = weights.get(i);
        Tensor g = gradients.get(i).add(w, config.weightDecay());
        if (config.momentum() > 0) {
          Tensor v = of("momentum." + i);
          v.mulInPlace(config.momentum()).addInPlace(g);
          g = config.nesterov() ? g.add(v, config.momentum()) : v;
        }
        w.addInPlace(g, -rate);
      }
    }
  }
}
