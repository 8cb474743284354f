package io.holdfast.train;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/**
 * Fits the output of a small network to given values, by AdamW on one thread: for an attacker's
 * models of what he attacks, which know neither labels nor a threat model. Models that are to be
 * used go through {@link Trainer}.
 *
 * @param steps at least 1
 * @param batch samples per step, at least 1
 * @param learningRate above 0, constant
 */
public record Fit(int steps, int batch, double learningRate) {
  public Fit {
    if (steps < 1 || batch < 1 || !(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new IllegalArgumentException(
          "fit: steps and batch of at least 1 and a rate above 0, found "
              + List.of(steps, batch, learningRate));
    }
  }

  /** Batches of 64, learning rate 0.003. */
  public static Fit steps(int steps) {
    return new Fit(steps, 64, 3e-3);
  }

  /**
   * Changes the weights of a network in place.
   *
   * @param x inputs {@code [N, ...]}
   * @param wanted {@code [N, ...]}
   * @param loss from outputs {@code [n, ...]} and what is wanted of them to one number
   * @return the loss of the last step
   * @throws HoldfastException if it is not finite
   */
  public double run(
      Network network, Tensor x, Tensor wanted, BinaryOperator<Tensor> loss, Seed seed) {
    List<Parameter> trained = network.trainable();
    List<Tensor> weights = trained.stream().map(p -> network.weight(p.name())).toList();
    Optimiser.Config config = Optimiser.Config.adamw(learningRate);
    double last = Double.NaN;
    try (Optimiser optimiser = config.create(network, trained)) {
      for (int k = 0; k < steps; k++) {
        try (Scope scope = Scope.open()) {
          Tensor rows = rows(Math.toIntExact(x.size(0)), k, seed).to(x.device()); // [n]
          Seed dropout = seed.split("dropout").split(k);
          Mode mode = new Mode.Training(dropout, BatchNormPolicy.GHOST, network.frozen());
          last =
              step(
                  network,
                  trained,
                  x.indexSelect(0, rows),
                  mode,
                  out -> loss.apply(out, wanted.indexSelect(0, rows)),
                  optimiser,
                  weights);
          requireFinite(last, k);
        }
      }
    }
    return last;
  }

  private interface Measure {
    Tensor of(Tensor output);
  }

  private double step(
      Network network,
      List<Parameter> trained,
      Tensor x,
      Mode mode,
      Measure loss,
      Optimiser optimiser,
      List<Tensor> weights) {
    List<Tensor> leaves = weights.stream().map(Tensor::asLeaf).toList();
    Map<String, Tensor> all = new LinkedHashMap<>(network.weights());
    for (int i = 0; i < leaves.size(); i++) {
      all.put(trained.get(i).name(), leaves.get(i));
    }
    Forward.Result result = Forward.run(network.graph(), all, List.of(x), mode);
    Tensor value = loss.of(result.value(network.graph().outputs().get(0))); // []
    optimiser.step(weights, Autograd.grad(value, leaves, false), learningRate);
    network.updateStatistics(List.of(result.statistics()));
    return value.item();
  }

  /** Positions of the samples of a step: each epoch in an order of its own. */
  private Tensor rows(int n, int step, Seed seed) {
    int size = Math.min(batch, n);
    int perEpoch = n / size;
    int[] order = seed.split("order").split(step / perEpoch).permutation(n);
    int from = step % perEpoch * size;
    long[] rows = Arrays.stream(order, from, from + size).asLongStream().toArray();
    return Tensors.of(rows, size);
  }

  private static void requireFinite(double loss, int step) {
    if (!Double.isFinite(loss)) {
      throw new HoldfastException(
          "fit: the loss of step " + step + " is not finite; try a smaller learning rate");
    }
  }
}
