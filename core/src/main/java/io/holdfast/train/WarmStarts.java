package io.holdfast.train;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The perturbations of the last epoch, from which the next one's searches go on (Zheng et al. 2020,
 * "attack with accumulated perturbations"): one byte for each value, with a scale for each sample,
 * of as many samples as fit the memory. D values of a sample.
 */
final class WarmStarts implements AutoCloseable {
  private static final String VALUES = "values"; // [M, D], uint8: 127 + 127 * value / scale
  private static final String SCALES = "scales"; // [M], 0 for none yet
  private static final double LEVELS = 127;

  private final int[] slots; // by position in the data set, -1 for none
  private final KeptTensors kept = new KeptTensors();

  /**
   * What a shard hands back.
   *
   * @param rows of the store, -1 for samples that have none
   * @param values {@code [m, D]}, uint8
   * @param scales {@code [m]}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Left(int[] rows, Tensor values, Tensor scales) {}

  /** An empty store for a run's training samples. */
  WarmStarts(TrainJob job) {
    int n = job.train().size();
    int size = job.train().info().sampleSize();
    long most = ((long) job.settings().methods().warmStart() << 20) / (size + Float.BYTES);
    int room = (int) Math.min(n, most);
    slots = new int[n];
    Arrays.fill(slots, -1);
    int[] order = job.seed().split("warm start").permutation(n);
    for (int slot = 0; slot < room; slot++) {
      slots[order[slot]] = slot;
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> empty = new LinkedHashMap<>();
      empty.put(VALUES, Tensors.zeros(DType.UINT8, room, size));
      empty.put(SCALES, Tensors.zeros(room));
      kept.keep(empty);
    }
  }

  /** How many samples have a place. */
  int room() {
    return (int) get(SCALES).size(0);
  }

  private Tensor get(String name) {
    return Objects.requireNonNull(kept.tensors().get(name));
  }

  /**
   * Puts what the last epoch has left into starts.
   *
   * @param positions of the samples in the data set
   * @param variables {@code [m, ...]} starts; changed in place
   * @param clean {@code [m, ...]}
   */
  void into(int[] positions, Tensor variables, Tensor clean) {
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < positions.length; i++) {
        int slot = slots[positions[i]];
        double scale = slot < 0 ? 0 : get(SCALES).select(0, slot).item();
        if (scale > 0) {
          Tensor levels = get(VALUES).select(0, slot).to(DType.FLOAT32); // [D]
          Tensor d = levels.sub(LEVELS).mul(scale / LEVELS).to(clean.device());
          Tensor x = clean.select(0, i); // [...]
          variables.select(0, i).copyFrom(x.add(d.view(x.shape())));
        }
      }
    }
  }

  /**
   * What is to be kept of the results of a search, in the innermost open scope.
   *
   * @param change {@code [m, ...]}
   */
  Left left(int[] positions, Tensor change) {
    Tensor flat = change.flatten(1, -1); // [m, D]
    Tensor scales = flat.abs().max(1); // [m]
    Tensor safe = scales.clampMin(1e-30).unsqueeze(1); // [m, 1]
    Tensor levels = flat.div(safe).mul(LEVELS).round().add(LEVELS).to(DType.UINT8); // [m, D]
    return new Left(Arrays.stream(positions).map(p -> slots[p]).toArray(), levels, scales);
  }

  /** Keeps what a shard has left. */
  void keep(Left left) {
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < left.rows().length; i++) {
        int slot = left.rows()[i];
        if (slot >= 0) {
          get(VALUES).select(0, slot).copyFrom(left.values().select(0, i));
          get(SCALES).select(0, slot).copyFrom(left.scales().select(0, i));
        }
      }
    }
  }

  /** All of it, for checkpoints. */
  Map<String, Tensor> tensors() {
    return kept.tensors();
  }

  /** Takes over what {@link #tensors} gave. */
  void restore(Map<String, Tensor> saved) {
    kept.replace(saved);
  }

  @Override
  public void close() {
    kept.close();
  }
}
