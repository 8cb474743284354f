package io.holdfast.train;

import io.holdfast.data.image.Placement;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The perturbations of the last epoch, from which the next one's searches go on (Zheng et al. 2020,
 * "attack with accumulated perturbations"): one byte for each value, with a scale for each sample,
 * of as many samples as fit the memory. They are kept as they stand on the unchanged image, and go
 * where flips and shifts put its pixels in an epoch. D values of a sample.
 */
final class WarmStarts implements AutoCloseable {
  private static final String VALUES =
      "values"; // [M, D], uint8: 127 + 127 * value / scale, or nothing
  private static final String SCALES = "scales"; // [M], 0 for none yet
  private static final double LEVELS = 127;
  private static final int NOTHING = 255; // a level: the pixel was not in sight
  private static final double TINY = 1e-30;

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
    if (room < n) {
      job.progress()
          .note(
              "train.warm_start: %d of %d samples have a place in %d MiB; the others begin afresh"
                  .formatted(room, n, job.settings().methods().warmStart()));
    }
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
   * Puts what the last epoch has left into starts, where it has left anything.
   *
   * @param positions of the samples in the data set
   * @param placements of their pixels in this epoch
   * @param variables {@code [m, ...]} starts; changed in place
   * @param clean {@code [m, ...]}
   */
  void into(int[] positions, List<Placement> placements, Tensor variables, Tensor clean) {
    Axes axes = Axes.of(clean);
    try (Scope scope = Scope.open()) {
      float[] starts = variables.toFloats(); // [m D]
      float[] x = clean.toFloats(); // [m D]
      float[] kept = new float[axes.size()]; // [D]
      float[] placed = new float[axes.size()]; // [D]
      for (int i = 0; i < positions.length; i++) {
        int slot = slots[positions[i]];
        double scale = slot < 0 ? 0 : get(SCALES).select(0, slot).item();
        if (scale > 0) {
          byte[] levels = get(VALUES).select(0, slot).toBytes(); // [D]
          for (int d = 0; d < levels.length; d++) {
            kept[d] = change(levels[d], scale);
          }
          axes.move(placements.get(i), kept, placed);
          for (int d = 0; d < placed.length; d++) {
            int at = i * placed.length + d;
            starts[at] = Float.isNaN(placed[d]) ? starts[at] : x[at] + placed[d];
          }
        }
      }
      variables.copyFrom(Tensors.of(starts, variables.shape()).to(variables.device()));
    }
  }

  /** NaN where nothing was kept. */
  private static float change(byte level, double scale) {
    int number = Byte.toUnsignedInt(level);
    return number == NOTHING ? Float.NaN : (float) ((number - LEVELS) * scale / LEVELS);
  }

  private static byte level(float change, double scale) {
    return (byte) (Float.isNaN(change) ? NOTHING : Math.round(LEVELS + LEVELS * change / scale));
  }

  /**
   * What is to be kept of the results of a search, in the innermost open scope.
   *
   * @param placements of the samples' pixels in this epoch
   * @param change {@code [m, ...]}
   */
  Left left(int[] positions, List<Placement> placements, Tensor change) {
    Axes axes = Axes.of(change);
    int m = positions.length;
    byte[] levels = new byte[m * axes.size()]; // [m D]
    float[] scales = new float[m];
    float[] placed = new float[axes.size()]; // [D]
    for (int i = 0; i < m; i++) {
      float[] one = change.select(0, i).toFloats(); // [D]
      for (float value : one) {
        scales[i] = Math.max(scales[i], Math.abs(value));
      }
      axes.move(placements.get(i).inverse(), one, placed);
      for (int d = 0; d < placed.length; d++) {
        levels[i * placed.length + d] = level(placed[d], Math.max(scales[i], TINY));
      }
    }
    return new Left(
        Arrays.stream(positions).map(p -> slots[p]).toArray(),
        Tensors.ofBytes(DType.UINT8, levels, m, axes.size()),
        Tensors.of(scales, m));
  }

  /** Of samples {@code [c, h, w]}; what is no image is one row. */
  private record Axes(int c, int h, int w) {
    static Axes of(Tensor samples) {
      if (samples.rank() != 4) {
        return new Axes(1, 1, Math.toIntExact(samples.count() / samples.size(0)));
      }
      return new Axes((int) samples.size(1), (int) samples.size(2), (int) samples.size(3));
    }

    int size() {
      return c * h * w;
    }

    void move(Placement placement, float[] from, float[] into) {
      placement.move(from, into, c, h, w, Float.NaN);
    }
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
