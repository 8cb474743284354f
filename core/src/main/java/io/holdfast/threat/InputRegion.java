package io.holdfast.threat;

import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;

/** What the regions share whose variables are the perturbed inputs themselves. */
abstract class InputRegion implements Region {
  private Tensor clean; // [N, ...]

  InputRegion(Tensor clean) {
    this.clean = clean;
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
  public void retain(Tensor positions, SharedScope owner) {
    clean = Region.moveUp(clean, positions, owner);
  }
}
