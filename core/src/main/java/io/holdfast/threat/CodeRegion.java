package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Variables are codes; rows are edited as plain arrays. */
final class CodeRegion extends InputRegion {
  private final CodeChanges set;

  CodeRegion(CodeChanges set, Tensor clean) {
    super(clean);
    this.set = set;
  }

  /** Changes as many columns as the budget allows to random other codes. */
  @Override
  public Tensor randomStart(List<Seed> seeds) {
    Tensor codes = origin();
    edit(codes, (row, x, from) -> scramble(seeds.get(row), x));
    return codes;
  }

  private void scramble(Seed seed, float[] x) {
    int[] order = seed.split("columns").permutation(x.length);
    RandomGenerator random = seed.split("codes").generator();
    for (int i = 0; i < Math.min(set.budget(), x.length); i++) {
      int column = order[i];
      x[column] =
          (float) ((Math.round(x[column]) + 1 + random.nextInt(set.levels() - 1)) % set.levels());
    }
  }

  /**
   * Makes, one after the other, the {@code max(1, fraction * budget)} changes that raise the
   * objective most to first order (Ebrahimi et al. 2018, section 3); of too many changes, undoes
   * those that raise it least.
   */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    float[] slopes = gradient.toFloats();
    int moves = (int) Math.max(1, Math.round(fraction * set.budget()));
    edit(
        variables,
        (row, x, from) -> {
          int offset = row * x.length;
          climb(x, slopes, offset, moves);
          keepBest(x, from, i -> slopes[offset + i] * (x[i] - from[i]));
        });
    project(variables);
  }

  private void climb(float[] x, float[] slopes, int offset, int moves) {
    IntStream.range(0, x.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -gain(x[i], slopes[offset + i])))
        .limit(moves)
        .filter(i -> gain(x[i], slopes[offset + i]) > 0)
        .forEach(i -> x[i] = slopes[offset + i] > 0 ? set.levels() - 1 : 0);
  }

  private double gain(float code, float slope) {
    return slope > 0 ? slope * (set.levels() - 1 - code) : -slope * code;
  }

  /** Rounds to codes; of too many changes, undoes those that change least. */
  @Override
  public void project(Tensor variables) {
    edit(variables, (row, x, from) -> nearest(x, from));
  }

  private void nearest(float[] x, float[] from) {
    for (int i = 0; i < x.length; i++) {
      x[i] = x[i] == from[i] ? x[i] : Math.min(set.levels() - 1, Math.max(0, Math.round(x[i])));
    }
    keepBest(x, from, i -> Math.abs(x[i] - from[i]));
  }

  /** Undoes changes beyond the budget, those of lowest worth. */
  private void keepBest(float[] x, float[] from, IntToDoubleFunction worth) {
    IntStream.range(0, x.length)
        .filter(i -> x[i] != from[i])
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -worth.applyAsDouble(i)))
        .skip(set.budget())
        .forEach(i -> x[i] = from[i]);
  }

  private interface Edit {
    void apply(int row, float[] codes, float[] clean);
  }

  private void edit(Tensor variables, Edit edit) {
    try (Scope scope = Scope.open()) {
      int rows = Math.toIntExact(variables.size(0));
      for (int row = 0; row < rows; row++) {
        Tensor target = variables.select(0, row);
        float[] codes = target.toFloats();
        edit.apply(row, codes, clean().select(0, row).toFloats());
        target.copyFrom(Tensors.of(codes, target.shape()));
      }
    }
  }
}
