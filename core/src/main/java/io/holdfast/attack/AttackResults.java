package io.holdfast.attack;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Domain;
import io.holdfast.threat.PerturbationSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The adversarial inputs of one attack: of each sample the one that counts, the clean input where
 * there is none yet. Workers write only the rows of the samples in their own task. Shapes: N all
 * samples, K classes.
 */
final class AttackResults {
  /** In {@link #variables} where the variables are the inputs themselves. */
  static final float[] NONE = {};

  final Tensor adversarial; // [N, ...]
  final float[][] logits; // [N][K], of the adversarial inputs
  final float[][] variables; // what the adversarial inputs were made from, where it differs
  final @Nullable PerturbationSet[] sets; // the member that admits the adversarial input

  /**
   * Nothing is known yet.
   *
   * @param clean inputs {@code [N, ...]}, copied
   */
  AttackResults(Tensor clean) {
    int n = (int) clean.size(0);
    adversarial = clean.clone().contiguous();
    logits = new float[n][];
    variables = new float[n][];
    sets = new PerturbationSet[n];
  }

  /**
   * Takes a result of one sample.
   *
   * @param candidate {@code [...]}
   * @param of its logits, K
   * @param set that admits it
   * @param made the variables that it was made from
   */
  void take(int row, Tensor candidate, float[] of, PerturbationSet set, Tensor made) {
    adversarial.select(0, row).copyFrom(candidate);
    logits[row] = of;
    sets[row] = set;
    variables[row] = set instanceof Additive ? NONE : set.witness(made.toFloats());
  }

  /**
   * Whether a result lies in the set that admits it, by the independent check in double.
   *
   * @param clean inputs {@code [N, ...]}
   * @param shape of one
   */
  boolean isIn(int row, Tensor clean, long[] shape, Domain domain) {
    PerturbationSet set = sets[row];
    if (set == null) {
      return true;
    }
    try (Scope scope = Scope.open()) {
      double[] other = adversarial.select(0, row).toDoubles();
      double[] made = variables[row].length == 0 ? other : widen(variables[row]);
      return set.contains(clean.select(0, row).toDoubles(), other, shape, made, domain);
    }
  }

  /** How far a result is from the clean input; zeros where there is none. */
  Distances distances(int row, Tensor clean) {
    if (sets[row] == null) {
      return Distances.ZERO;
    }
    try (Scope scope = Scope.open()) {
      return Distances.between(
          clean.select(0, row).toDoubles(), adversarial.select(0, row).toDoubles());
    }
  }

  /** The key of the set that admits a result. */
  String set(int row) {
    PerturbationSet set = sets[row];
    return set == null ? "nothing" : set.key();
  }

  /** What one sample's result is checked by beside itself; empty for most sets. */
  List<Float> witness(int row) {
    List<Float> witness = new ArrayList<>();
    if (sets[row] != null) {
      for (float value : variables[row]) {
        witness.add(value);
      }
    }
    return witness;
  }

  private static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }
}
