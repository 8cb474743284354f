package io.holdfast.train;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.train.Slices.Slice;
import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2) in PyTorch's form: the
 * decay of a step is the rate times the decay.
 */
final class AdamW extends StatefulOptimiser {
  private static final double EPS = 1e-8;

  private final Config config;

  AdamW(Config config, List<Tensor> weights) {
    this.config = config;
    try (Scope scope = Scope.open()) {
      remember("steps", Tensors.zeros(DType.FLOAT64, 1));
      for (int i = 0; i < weights.size(); i++) {
        remember("mean." + i, Tensors.zerosLike(weights.get(i)));
        remember("square." + i, Tensors.zerosLike(weights.get(i)));
      }
    }
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate) {
    double t = begin();
    for (int i = 0; i < weights.size(); i++) {
      try (Scope scope = Scope.open()) {
        step(new Slice(i, 0, 0), weights, gradients, rate, t);
      }
    }
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate, Workers workers) {
    double t = begin();
    Slices.each(weights, workers, slice -> step(slice, weights, gradients, rate, t));
  }

  /** The number of the step, from 1. */
  private double begin() {
    try (Scope scope = Scope.open()) {
      return of("steps").addInPlace(1).item();
    }
  }

  private int step(
      Slice slice, List<Tensor> weights, List<Tensor> gradients, double rate, double t) {
    double correction1 = 1 - Math.pow(config.beta1(), t);
    double correction2 = 1 - Math.pow(config.beta2(), t);
    int i = slice.tensor();
    Tensor w = slice.of(weights);
    Tensor g = slice.of(gradients);
    Tensor m = slice.of(of("mean." + i));
    m.mulInPlace(config.beta1()).addInPlace(g, 1 - config.beta1());
    Tensor v = slice.of(of("square." + i));
    v.mulInPlace(config.beta2()).addInPlace(g.square(), 1 - config.beta2());
    Tensor scale = v.div(correction2).sqrt().add(EPS);
    w.mulInPlace(1 - rate * config.weightDecay());
    w.addInPlace(m.div(scale), -rate / correction1);
    return 0;
  }
}
