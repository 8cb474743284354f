package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.List;

/** What the three balls share. Shapes: N batch, D components. */
abstract class AdditiveRegion extends InputRegion {
  final double epsilon;
  final Domain domain;

  AdditiveRegion(Tensor clean, double epsilon, Domain domain) {
    super(clean);
    this.epsilon = epsilon;
    this.domain = domain;
  }

  @Override
  public final Tensor randomStart(List<Seed> seeds) {
    Tensor start = origin(); // [N, ...]
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(new Seed(0)); // restarted for each row
      for (int i = 0; i < seeds.size(); i++) {
        try (Scope each = Scope.open()) {
          Tensor row = start.select(0, i); // [...]
          rng.restart(seeds.get(i));
          Tensor drawn = uniformInBall(rng, row.count()); // [D]
          row.addInPlace(drawn.view(row.shape()).to(row.device()));
        }
      }
      project(start);
    }
    return start;
  }

  /** One draw, uniform in the ball around 0, {@code [D]}, on the processor. */
  abstract Tensor uniformInBall(Rng rng, long count);
}
