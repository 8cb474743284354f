package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * A ball that is no box, with the exact projection onto ball and box: the nearest change keeps the
 * signs of the wanted one, so that only sizes are to be found. All in double. Float32 on the
 * processor is projected in plain loops, sample by sample; what is elsewhere or in double, by
 * operations on whole tensors, some fifty of which go over all values. Where rounding to float32
 * would lead beyond what was found, it goes to the float on this side.
 */
abstract class BallRegion extends AdditiveRegion {
  private static final double TINY = 1e-30;
  private static final double ULP = 0x1p-23; // of a float, as a part of it, at most

  BallRegion(Tensor clean, double epsilon, Domain domain) {
    super(clean, epsilon, domain);
  }

  @Override
  public final void project(Tensor variables) {
    if (inLoops(variables)) {
      move(variables, changes(variables));
      return;
    }
    try (Scope scope = Scope.open()) {
      move(variables, change(variables));
    }
  }

  /**
   * Moves the variables so far along the gradient, in L2, then projects them; a zero gradient moves
   * nothing.
   */
  final void along(Tensor variables, Tensor gradient, double length) {
    if (inLoops(variables) && inLoops(gradient)) {
      move(variables, changes(variables).along(gradient.toFloats(), length));
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor g = flat(gradient).to(DType.FLOAT64); // [N, D]
      Tensor largest = g.abs().max(1).unsqueeze(1).clampMin(TINY); // [N, 1]
      Tensor scaled = g.div(largest); // [N, D], so that squares do not underflow
      Tensor norm = scaled.square().sumKeep(1).sqrt().clampMin(TINY); // [N, 1]
      move(variables, change(variables).addInPlace(scaled.div(norm), length));
    }
  }

  /** Whether this is moved in plain loops. */
  static boolean inLoops(Tensor t) {
    return t.device().inMemory() && t.type() == DType.FLOAT32;
  }

  // ---- in plain loops, row by row

  /** The changes that are wanted of one sample after the other. */
  @FunctionalInterface
  interface Wanted {
    /**
     * Those of one sample.
     *
     * @param begin place of its first value among all N * D
     * @param change {@code [D]}, to be filled
     */
    void into(int begin, double[] change);

    /** The same, and so far along these slopes {@code [N * D]}. */
    default Wanted along(float[] slopes, double length) {
      return (begin, change) -> {
        into(begin, change);
        double squares = 0; // of floats, which do not underflow
        for (int j = 0; j < change.length; j++) {
          squares += (double) slopes[begin + j] * slopes[begin + j];
        }
        double factor = squares == 0 ? 0 : length / Math.sqrt(squares);
        for (int j = 0; j < change.length; j++) {
          change[j] += factor * slopes[begin + j];
        }
      };
    }
  }

  /** The changes so far. */
  final Wanted changes(Tensor variables) {
    float[] x = variables.toFloats();
    float[] from = clean().toFloats();
    return (begin, change) -> {
      for (int j = 0; j < change.length; j++) {
        change[j] = (double) x[begin + j] - from[begin + j];
      }
    };
  }

  /** To the nearest admissible changes. */
  final void move(Tensor variables, Wanted wanted) {
    float[] from = clean().toFloats();
    float[] x = new float[from.length];
    double[] change = new double[from.length / Math.max(1, (int) variables.size(0))];
    double[] size = new double[change.length];
    double[] room = new double[change.length];
    for (int begin = 0; begin < x.length; begin += change.length) {
      wanted.into(begin, change);
      for (int j = 0; j < change.length; j++) {
        double clean = from[begin + j];
        double inside =
            Masks.choose(Masks.below0(change[j]), clean - domain.low(), domain.high() - clean);
        size[j] = Math.abs(change[j]);
        room[j] = inside < 0 ? 0 : inside;
      }
      shrink(size, room);
      for (int j = 0; j < change.length; j++) {
        double clean = from[begin + j];
        float near = (float) (clean + Math.copySign(size[j], change[j]));
        long beyond = Masks.below0(size[j] - Math.abs(near - clean)); // by rounding
        x[begin + j] = Masks.next(near, beyond, Masks.below0(change[j]));
      }
    }
    try (Scope scope = Scope.open()) {
      variables.copyFrom(Tensors.of(x, variables.shape()).to(variables.device()));
    }
  }

  /**
   * As {@link #nearest}, of one sample.
   *
   * @param size of the wanted change, {@code [D]}; replaced by those of the nearest admissible one
   * @param room {@code [D]}
   */
  abstract void shrink(double[] size, double[] room);

  // ---- by operations on tensors

  /**
   * The sizes of the nearest admissible change, {@code [N, D]}.
   *
   * @param size of the wanted change, {@code [N, D]}, at least 0
   * @param room inside the box in the wanted direction, {@code [N, D]}, at least 0
   */
  abstract Tensor nearest(Tensor size, Tensor room);

  /** To the nearest admissible change. */
  final void move(Tensor variables, Tensor wanted) {
    Tensor size = wanted.abs(); // [N, D] |w|
    Tensor room = room(clean(), wanted); // [N, D] c
    Tensor change = nearest(size, room).mulInPlace(wanted.sign()); // [N, D]
    Tensor from = flat(clean()).to(DType.FLOAT64); // [N, D]
    Tensor x = from.add(change).clampInPlace(domain.low(), domain.high()); // [N, D]
    Tensor kept = variables.type() == DType.FLOAT32 ? inward(x, from, change) : x;
    variables.copyFrom(kept.view(variables.shape()));
  }

  /** Rounded to float32, to a neighbour nearer to the clean value where that leads beyond. */
  static Tensor inward(Tensor x, Tensor from, Tensor change) {
    Tensor near = x.to(DType.FLOAT32); // [N, D]
    Tensor over = near.to(DType.FLOAT64).sub(from).abs().gt(change.abs()); // [N, D]
    Tensor up = change.gt(0); // [N, D]
    Tensor back = near.abs().mul(ULP).addInPlace(Float.MIN_NORMAL); // [N, D] an ulp or two
    Tensor lower = near.sub(back).maximum(from.to(DType.FLOAT32));
    Tensor higher = near.add(back).minimum(from.to(DType.FLOAT32));
    return Tensors.where(over, Tensors.where(up, lower, higher), near);
  }

  /**
   * How far each value may move in the direction of {@code direction}, {@code [N, D]}, at least 0.
   */
  final Tensor room(Tensor from, Tensor direction) {
    Tensor x = flat(from).to(DType.FLOAT64);
    Tensor up = x.neg().add(domain.high()); // [N, D]
    Tensor down = x.sub(domain.low()); // [N, D]
    return Tensors.where(direction.gt(0), up, down).clampMin(0);
  }

  /** The change so far, {@code [N, D]}. */
  final Tensor change(Tensor variables) {
    return flat(variables).to(DType.FLOAT64).sub(flat(clean()).to(DType.FLOAT64));
  }

  /** {@code [N, ...]} as {@code [N, D]}. */
  static Tensor flat(Tensor t) {
    return t.reshape(t.size(0), -1);
  }
}
