package io.holdfast.threat;

/** Edits out of a finite choice, such as changes of categories or of words, at most so many. */
public non-sealed interface Discrete extends PerturbationSet {
  /** Most edits of one input. */
  int budget();

  /** Number of edits between two inputs; infinite where no edits lead from one to the other. */
  double edits(double[] clean, double[] other);

  /** The budget as the size that curves vary. */
  @Override
  default double epsilon() {
    return budget();
  }

  @Override
  default boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    return clean.length == other.length
        && edits(clean, other) <= budget()
        && domain.contains(other, 0);
  }
}
