package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Region;
import java.util.List;

/** Starting points that are not the set's own uniform ones. */
public final class Starts {
  private Starts() {}

  /**
   * The clean variables plus normal noise, projected.
   *
   * @param deviation standard deviation in the units of the variables
   * @param seeds one per sample
   */
  public static Tensor normal(Region region, List<Seed> seeds, double deviation) {
    Tensor variables = region.origin(); // [N, ...]
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < seeds.size(); i++) {
        try (Scope each = Scope.open()) {
          Tensor row = variables.select(0, i); // [...]
          row.addInPlace(Rng.of(seeds.get(i)).normal(row.shape()).to(row.device()), deviation);
        }
      }
      region.project(variables);
    }
    return variables;
  }
}
