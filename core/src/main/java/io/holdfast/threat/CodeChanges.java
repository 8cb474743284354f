package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.Map;

/**
 * Changes of categorical codes: inputs are whole numbers 0 .. levels-1 held as float32, of which at
 * most {@code budget} may be replaced by other codes. With two levels these are bit flips.
 *
 * @param levels number of codes, at least 2
 * @param budget most columns that may change, at least 0
 */
public record CodeChanges(int levels, int budget) implements Discrete {
  /** The name in files. */
  public static final String NAME = "code-changes";

  public CodeChanges {
    if (levels < 2 || budget < 0) {
      throw new IllegalArgumentException("at least 2 levels and a budget of at least 0");
    }
  }

  /** Flips of at most {@code budget} bits. */
  public static CodeChanges bitFlips(int budget) {
    return new CodeChanges(2, budget);
  }

  @Override
  public String key() {
    return NAME + ":" + budget + "/" + levels;
  }

  @Override
  public String describe() {
    return "replace at most " + budget + " values by other codes below " + levels;
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "changes", budget, "levels", levels);
  }

  @Override
  public CodeChanges scaled(double factor) {
    return new CodeChanges(levels, Math.toIntExact(Math.round(budget * factor)));
  }

  @Override
  public double edits(double[] clean, double[] other) {
    int changed = 0;
    for (int i = 0; i < clean.length; i++) {
      double code = other[i];
      if (!(code >= 0 && code < levels && code == Math.rint(code)) && code != clean[i]) {
        return Double.POSITIVE_INFINITY;
      }
      changed += code == clean[i] ? 0 : 1;
    }
    return changed;
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    return new CodeRegion(this, clean);
  }
}
