package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * All of the domain: a ball without a limit. It has no size that a start or a step could follow.
 */
final class BoxRegion extends InputRegion {
  private final Domain domain;

  BoxRegion(Tensor clean, Domain domain) {
    super(clean);
    this.domain = domain;
  }

  @Override
  public Tensor randomStart(List<Seed> seeds) {
    throw new UnsupportedOperationException("no point at random in a ball without a limit");
  }

  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    throw new UnsupportedOperationException("no part of a ball without a limit");
  }

  @Override
  public void project(Tensor variables) {
    variables.clampInPlace(domain.low(), domain.high());
  }
}
