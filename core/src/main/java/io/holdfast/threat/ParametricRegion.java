package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/** Variables are the parameters theta {@code [N, P]}, in a box around 0. */
final class ParametricRegion implements Region {
  private final Parametric set;
  private final Domain domain;
  private final Tensor bounds; // [1, P]
  private Tensor clean; // [N, ...]

  ParametricRegion(Parametric set, Tensor clean, Domain domain) {
    this.set = set;
    this.domain = domain;
    this.clean = clean;
    long[] shape = Arrays.copyOfRange(clean.shape(), 1, clean.rank());
    double[] each = set.bounds(shape).stream().mapToDouble(Double::doubleValue).toArray();
    float[] narrow = new float[each.length];
    for (int i = 0; i < each.length; i++) {
      narrow[i] = (float) each[i];
    }
    bounds = Tensors.of(narrow, 1, narrow.length).to(clean.device());
  }

  @Override
  public Tensor clean() {
    return clean;
  }

  @Override
  public Tensor origin() {
    return Tensors.zeros(clean.size(0), bounds.size(1)).to(clean.device());
  }

  @Override
  public Tensor randomStart(List<Seed> seeds) {
    Tensor theta = origin(); // [N, P]
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < seeds.size(); i++) {
        Tensor draw = Rng.of(seeds.get(i)).uniform(-1, 1, bounds.size(1)); // [P]
        theta.select(0, i).copyFrom(draw);
      }
      theta.mulInPlace(bounds);
    }
    return theta;
  }

  @Override
  public Tensor apply(Tensor variables) {
    return set.transform(clean, variables, domain).clamp(domain.low(), domain.high());
  }

  @Override
  public Tensor pullBack(Tensor variables, Tensor gradient) {
    return Scope.tidy(
        () -> {
          Tensor theta = variables.asLeaf(); // [N, P]
          return Autograd.vjp(apply(theta), theta, gradient); // [N, P]
        });
  }

  /** Every parameter moves by {@code fraction} of its bound. */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    try (Scope scope = Scope.open()) {
      variables.addInPlace(gradient.sign().mulInPlace(bounds), fraction);
      project(variables);
    }
  }

  @Override
  public void project(Tensor variables) {
    try (Scope scope = Scope.open()) {
      variables.copyFrom(variables.maximum(bounds.neg()).minimum(bounds));
    }
  }

  @Override
  public void retain(Tensor positions, SharedScope owner) {
    clean = Region.moveUp(clean, positions, owner);
  }
}
