package io.holdfast.train;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the steps of {@link LowRank}: by the chain rule from the gradient G of a matrix to those of
 * its two factors, {@code scale * B' G} and {@code scale * G A'}, by which another optimiser
 * changes them. Shapes: R rows, C columns, r the rank. W0 is no part of the state: a run that goes
 * on begins with the same weights.
 */
final class LowRankOptimiser implements Optimiser {
  /**
   * Of one weight.
   *
   * @param base W0, in the shape of the weight
   * @param down A {@code [r, C]}
   * @param up B {@code [R, r]}
   */
  private record Factors(Tensor base, Tensor down, Tensor up) {}

  private final double scale;
  private final SharedScope owner = Scope.shared();
  private final List<@Nullable Factors> factors = new ArrayList<>(); // null: trained as it is
  private final Optimiser inner;

  LowRankOptimiser(LowRank method, Config config, Network network, Seed seed) {
    scale = method.scale();
    try {
      inner = begun(method, config, network, seed);
    } catch (RuntimeException | Error e) {
      owner.close();
      throw e;
    }
  }

  /** Makes the factors, and the optimiser that changes them. */
  private Optimiser begun(LowRank method, Config config, Network network, Seed seed) {
    List<Parameter> trained = network.trainable();
    Set<Integer> hidden = Config.hidden(network, trained);
    List<Tensor> changed = new ArrayList<>();
    Set<Integer> matrices = new HashSet<>(); // positions in it
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < trained.size(); i++) {
        Parameter p = trained.get(i);
        Tensor weight = network.weight(p.name());
        Factors own = method.fits(p) ? fresh(weight, method.rank(), seed.split(p.name())) : null;
        factors.add(own);
        List<Tensor> parts = own == null ? List.of(weight) : List.of(own.down, own.up);
        for (Tensor part : parts) {
          if (hidden.contains(i)) {
            matrices.add(changed.size());
          }
          changed.add(part);
        }
      }
    }
    return config.create(changed, matrices);
  }

  private Factors fresh(Tensor weight, int rank, Seed seed) {
    long rows = weight.size(0);
    long columns = weight.reshape(rows, -1).size(1);
    Tensor down = Rng.of(seed).normal(rank, columns).mul(1 / Math.sqrt((double) columns));
    Tensor up = Tensors.zeros(rows, rank);
    return new Factors(
        owner.adopt(weight.clone()),
        owner.adopt(down.to(weight.device())),
        owner.adopt(up.to(weight.device())));
  }

  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate) {
    step(weights, gradients, (parts, slopes) -> inner.step(parts, slopes, rate));
  }

  /** The products with the factors, which are few numbers, by one thread. */
  @Override
  public void step(List<Tensor> weights, List<Tensor> gradients, double rate, Workers workers) {
    step(weights, gradients, (parts, slopes) -> inner.step(parts, slopes, rate, workers));
  }

  private void step(
      List<Tensor> weights, List<Tensor> gradients, BiConsumer<List<Tensor>, List<Tensor>> change) {
    try (Scope scope = Scope.open()) {
      List<Tensor> changed = new ArrayList<>();
      List<Tensor> slopes = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        Tensor g = gradients.get(i);
        Factors own = factors.get(i);
        if (own == null) {
          changed.add(weights.get(i));
          slopes.add(g);
          continue;
        }
        Tensor matrix = g.reshape(g.size(0), -1); // [R, C]
        changed.add(own.down);
        slopes.add(own.up.transpose(0, 1).matmul(matrix).mul(scale)); // [r, C]
        changed.add(own.up);
        slopes.add(matrix.matmul(own.down.transpose(0, 1)).mul(scale)); // [R, r]
      }
      change.accept(changed, slopes);
    }
    for (int i = 0; i < weights.size(); i++) {
      Factors own = factors.get(i);
      if (own != null) {
        put(own, weights.get(i));
      }
    }
  }

  private void put(Factors own, Tensor weight) {
    try (Scope scope = Scope.open()) {
      Tensor product = own.up.matmul(own.down); // [R, C]
      weight.copyFrom(own.base.add(product.reshape(own.base.shape()), scale));
    }
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    inner.state().forEach((name, t) -> state.put("inner." + name, t));
    for (int i = 0; i < factors.size(); i++) {
      Factors own = factors.get(i);
      if (own != null) {
        state.put("down." + i, own.down);
        state.put("up." + i, own.up);
      }
    }
    return state;
  }

  @Override
  public void close() {
    inner.close();
    owner.close();
  }
}
