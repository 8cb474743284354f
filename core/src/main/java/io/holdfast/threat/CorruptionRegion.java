package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Variables {@code [N, 3]} are type, severity and random stream; images are made as arrays. */
final class CorruptionRegion implements Region {
  private static final String NO_GRADIENT = "a corruption has no gradient";

  private final CommonCorruptions set;
  private final Domain domain;
  private final long[] shape; // of one image
  private Tensor clean; // [N, C, H, W]
  private final List<@Nullable Made> made = new ArrayList<>(); // by row: what was made last

  /** An image with what it was made from. */
  private static final class Made {
    private final float[] variables;
    private final float[] pixels;

    private Made(float[] variables, float[] pixels) {
      this.variables = variables;
      this.pixels = pixels;
    }
  }

  CorruptionRegion(CommonCorruptions set, Tensor clean, Domain domain) {
    this.set = set;
    this.domain = domain;
    this.clean = clean;
    shape = Arrays.copyOfRange(clean.shape(), 1, clean.rank());
    if (!Corruption.takes(shape)) {
      throw new InvalidInputException(
          "threat model " + set.key(),
          "",
          "images [1 or 3, H, W] of at least 8x8",
          "inputs " + Arrays.toString(shape));
    }
    for (long i = 0; i < clean.size(0); i++) {
      made.add(null);
    }
  }

  @Override
  public Tensor clean() {
    return clean;
  }

  @Override
  public Tensor origin() {
    return Tensors.zeros(clean.size(0), CommonCorruptions.VARIABLES).to(clean.device());
  }

  /** A type, a severity from 1 up, and a stream. */
  @Override
  public Tensor randomStart(List<Seed> seeds) {
    float[] variables = new float[seeds.size() * CommonCorruptions.VARIABLES];
    for (int i = 0; i < seeds.size(); i++) {
      RandomGenerator random = seeds.get(i).generator();
      int at = i * CommonCorruptions.VARIABLES;
      variables[at] = random.nextInt(set.types().size());
      variables[at + 1] = set.severity() == 0 ? 0 : 1 + random.nextInt(set.severity());
      variables[at + 2] = CommonCorruptions.draw(seeds.get(i).split("draw"));
    }
    return Tensors.of(variables, seeds.size(), CommonCorruptions.VARIABLES).to(clean.device());
  }

  @Override
  public Tensor apply(Tensor variables) {
    int rows = made.size();
    int size = (int) (shape[0] * shape[1] * shape[2]);
    float[] wanted = variables.toFloats(); // [N 3]
    float[] all = new float[rows * size];
    for (int row = 0; row < rows; row++) {
      int from = row * CommonCorruptions.VARIABLES;
      float[] own = Arrays.copyOfRange(wanted, from, from + CommonCorruptions.VARIABLES);
      System.arraycopy(pixels(row, own), 0, all, row * size, size);
    }
    return Tensors.of(all, clean.shape()).to(clean.device());
  }

  /** Asked for several times in a round: made once. */
  private float[] pixels(int row, float[] variables) {
    Made last = made.get(row);
    if (last == null || !Arrays.equals(last.variables, variables)) {
      try (Scope scope = Scope.open()) {
        float[] x = clean.select(0, row).toFloats();
        last = new Made(variables, CommonCorruptions.corrupt(x, shape, variables, domain));
      }
      made.set(row, last);
    }
    return last.pixels;
  }

  @Override
  public Tensor pullBack(Tensor variables, Tensor gradient) {
    throw new UnsupportedOperationException(NO_GRADIENT);
  }

  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    throw new UnsupportedOperationException(NO_GRADIENT);
  }

  /** Every number is whole and within its range already, or goes to the nearest that is. */
  @Override
  public void project(Tensor variables) {
    float[] most = {set.types().size() - 1, set.severity(), CommonCorruptions.DRAWS - 1};
    float[] values = variables.toFloats();
    for (int i = 0; i < values.length; i++) {
      float highest = most[i % CommonCorruptions.VARIABLES];
      values[i] = Math.min(highest, Math.max(0, Math.round(values[i])));
    }
    try (Scope scope = Scope.open()) {
      variables.copyFrom(Tensors.of(values, variables.shape()));
    }
  }

  @Override
  public void retain(Tensor positions, SharedScope owner) {
    List<@Nullable Made> all = new ArrayList<>(made);
    made.clear();
    for (long position : positions.toLongs()) {
      made.add(all.get((int) position));
    }
    clean = Region.moveUp(clean, positions, owner);
  }
}
