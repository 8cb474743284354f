package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** The set of admissible perturbations around an input. Immutable; safe for many threads. */
public sealed interface PerturbationSet
    permits Additive,
        Parametric,
        Discrete,
        PixelSet,
        CommonCorruptions,
        Wasserstein,
        Product,
        Union {
  /** Short text that names the set and its size, such as {@code linf:0.1}. */
  String key();

  /** What kind of set it is, as a file names it, such as {@code linf}. */
  default String kind() {
    return (String) toMap().getOrDefault(PerturbationSets.KIND, "");
  }

  /** In plain words, to follow "the attacker may". */
  String describe();

  /** The keys and values of its section in a file, {@code perturbation} first. */
  Map<String, Object> toMap();

  /** The size that curves and curricula vary; at least 0. */
  double epsilon();

  /** The same set, {@code factor} times as large. */
  PerturbationSet scaled(double factor);

  /** The sets this one is the union of; itself where it is no union. */
  default List<PerturbationSet> members() {
    return List.of(this);
  }

  /** Whether attacks and training can climb in it by gradients. */
  default boolean differentiable() {
    return members().stream().allMatch(m -> m == this || m.differentiable());
  }

  /**
   * What an attack works on: this set around a batch of inputs, inside the domain.
   *
   * @param clean inputs {@code [N, ...]}, float32, inside the domain
   * @throws UnsupportedOperationException for a union; take its members
   */
  Region around(Tensor clean, Domain domain);

  /**
   * Whether one perturbed input is admissible: an independent check in double that shares no code
   * with projections.
   *
   * @param clean the input, row-major
   * @param other the perturbed input
   * @param shape of one input, without the batch
   * @param variables what {@link Region#apply} made {@code other} from, or its {@linkplain #witness
   *     witness}; where variables are the inputs themselves the same as {@code other}
   */
  boolean contains(double[] clean, double[] other, long[] shape, double[] variables, Domain domain);

  /**
   * What is kept of the variables that an input was made from, so that it can be checked again: all
   * that {@link #contains} needs beside the two inputs. Empty where variables are the inputs
   * themselves. Zeros behind it change nothing.
   */
  default float[] witness(float[] variables) {
    return new float[0];
  }
}
