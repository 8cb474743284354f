package io.holdfast.train;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;

/**
 * One number for each training sample by its position, for objectives that remember; NaN where
 * nothing is remembered. Read by many threads during a step, written by one between steps.
 */
final class SampleMemory implements AutoCloseable {
  /**
   * What a shard wants remembered.
   *
   * @param positions of its samples
   * @param values one each
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Note(int[] positions, double[] values) {}

  private final SharedScope owner = Scope.shared();
  private final Tensor values; // [samples]

  SampleMemory(int samples) {
    try (Scope scope = Scope.open()) {
      values = owner.adopt(Tensors.full(Double.NaN, samples));
    }
  }

  /** The tensor itself, float32 {@code [samples]}, for checkpoints. */
  Tensor values() {
    return values;
  }

  /** What is remembered of these samples; a fresh array. */
  double[] at(int[] positions) {
    long[] rows = Arrays.stream(positions).asLongStream().toArray();
    try (Scope scope = Scope.open()) {
      return values.indexSelect(0, Tensors.of(rows, rows.length)).toDoubles();
    }
  }

  void put(Note note) {
    long[] rows = Arrays.stream(note.positions()).asLongStream().toArray();
    try (Scope scope = Scope.open()) {
      Tensor fresh = Tensors.of(note.values(), note.values().length).to(values.type()); // [m]
      values.indexCopyInPlace(0, Tensors.of(rows, rows.length), fresh);
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
