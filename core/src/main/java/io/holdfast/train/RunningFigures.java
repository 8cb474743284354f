package io.holdfast.train;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

/**
 * Numbers that an objective adds up from step to step, the older ones counting ever less; 0 at
 * first. Read by many threads during a step, written by one between steps.
 */
final class RunningFigures implements AutoCloseable {
  /**
   * What a shard adds.
   *
   * @param keep by what the sums of earlier steps are multiplied before, the same for all shards
   * @param values one for each sum
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Note(double keep, double[] values) {}

  private final SharedScope owner = Scope.shared();
  private final Tensor values; // [figures]

  RunningFigures(int count) {
    try (Scope scope = Scope.open()) {
      values = owner.adopt(Tensors.zeros(DType.FLOAT64, count));
    }
  }

  /** The tensor itself, float64 {@code [figures]}, for checkpoints. */
  Tensor values() {
    return values;
  }

  /** The sums; a fresh array. */
  double[] all() {
    try (Scope scope = Scope.open()) {
      return values.toDoubles();
    }
  }

  /** Adds what the shards of a step note, in their order; nothing where none of them does. */
  void add(List<Note> notes) {
    if (notes.isEmpty()) {
      return;
    }
    double[] sums = all();
    for (int i = 0; i < sums.length; i++) {
      sums[i] *= notes.get(0).keep();
      for (Note note : notes) {
        sums[i] += note.values()[i];
      }
    }
    try (Scope scope = Scope.open()) {
      values.copyFrom(Tensors.of(sums, sums.length));
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
