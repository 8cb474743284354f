package io.holdfast.threat;

import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;

/** The L-infinity ball: ball and box together are a box, so that projecting is clamping. */
final class LinfRegion extends AdditiveRegion {
  private Tensor low; // [N, ...]
  private Tensor high; // [N, ...]

  LinfRegion(Tensor clean, double epsilon, Domain domain) {
    super(clean, epsilon, domain);
    low = clean.sub(epsilon).clampInPlace(domain.low(), domain.high());
    high = clean.add(epsilon).clampInPlace(domain.low(), domain.high());
  }

  @Override
  Tensor uniformInBall(Rng rng, long count) {
    return rng.uniform(-1, 1, count).mulInPlace(epsilon);
  }

  /** Adds {@code fraction * epsilon * sign(gradient)} (Madry et al. 2018, section 2.1). */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    try (Scope scope = Scope.open()) {
      variables.addInPlace(gradient.sign(), fraction * epsilon);
      project(variables);
    }
  }

  @Override
  public void project(Tensor variables) {
    variables.clampInPlace(low, high);
  }

  @Override
  public void retain(Tensor positions, SharedScope owner) {
    super.retain(positions, owner);
    low = Region.moveUp(low, positions, owner);
    high = Region.moveUp(high, positions, owner);
  }
}
