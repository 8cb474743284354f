package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

/**
 * What the three balls share: variables are the perturbed inputs. Shapes: N batch, D components.
 */
abstract class AdditiveRegion implements Region {
  final double epsilon;
  final Domain domain;
  private Tensor clean;

  AdditiveRegion(Tensor clean, double epsilon, Domain domain) {
    this.clean = clean;
    this.epsilon = epsilon;
    this.domain = domain;
  }

  @Override
  public final Tensor clean() {
    return clean;
  }

  @Override
  public final Tensor origin() {
    return clean.clone();
  }

  @Override
  public final Tensor apply(Tensor variables) {
    return variables;
  }

  @Override
  public final Tensor pullBack(Tensor variables, Tensor gradient) {
    return gradient;
  }

  @Override
  public final Tensor randomStart(List<Seed> seeds) {
    Tensor start = origin(); // [N, ...]
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < seeds.size(); i++) {
        try (Scope each = Scope.open()) {
          Tensor row = start.select(0, i); // [...]
          row.addInPlace(uniformInBall(Rng.of(seeds.get(i)), row.count()).view(row.shape()));
        }
      }
      project(start);
    }
    return start;
  }

  /** One draw, uniform in the ball around 0, {@code [D]}. */
  abstract Tensor uniformInBall(Rng rng, long count);

  @Override
  public void retain(Tensor positions, SharedScope owner) {
    clean = Region.moveUp(clean, positions, owner);
  }

  /** {@code [N, ...]} as {@code [N, D]}. */
  static Tensor flat(Tensor t) {
    return t.reshape(t.size(0), -1);
  }

  /** The change so far, {@code [N, D]} in double. */
  final Tensor change(Tensor variables) {
    return flat(variables).to(DType.FLOAT64).sub(flat(clean).to(DType.FLOAT64));
  }

  /**
   * How far each value may move in the direction of {@code direction}, {@code [N, D]}, at least 0.
   */
  final Tensor room(Tensor from, Tensor direction) {
    Tensor x = flat(from).to(DType.FLOAT64);
    Tensor up = x.neg().add(domain.high()); // [N, D]
    Tensor down = x.sub(domain.low()); // [N, D]
    return Tensors.where(direction.gt(0), up, down).clampMin(0);
  }

  /** Writes {@code clean + change}, clipped to the domain. */
  final void write(Tensor variables, Tensor change) {
    Tensor x = flat(clean).to(DType.FLOAT64).add(change); // [N, D]
    variables.copyFrom(x.clampInPlace(domain.low(), domain.high()).view(variables.shape()));
  }
}
