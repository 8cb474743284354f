package io.holdfast.train;

import io.holdfast.attack.library.Content;
import io.holdfast.attack.library.RankedExamples;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one shard that saved examples take. Shapes: n samples of the shard, m of them saved.
 */
final class SavedRows {
  private final int[] rows; // ascending
  private final List<Content> contents;
  private final int count;
  private final List<Integer> shape;
  private final Device device;

  private SavedRows(
      int[] rows, List<Content> contents, int count, List<Integer> shape, Device device) {
    this.rows = rows;
    this.contents = contents;
    this.count = count;
    this.shape = shape;
    this.device = device;
  }

  /**
   * Reads and verifies the examples of one shard.
   *
   * @param places of the whole batch; empty where there is no library
   * @param count n
   */
  static SavedRows of(TrainJob job, List<Integer> places, int shard, int count) {
    List<Integer> shape = job.train().info().shape();
    Device device = job.network().device();
    LibraryFeed library = job.library();
    if (library == null || places.isEmpty()) {
      return new SavedRows(new int[0], List.of(), count, shape, device);
    }
    int from = shard * job.settings().shard();
    int[] rows =
        IntStream.range(0, count).filter(i -> places.get(from + i) != LibraryFeed.NONE).toArray();
    RankedExamples examples = library.examples();
    List<Content> contents = new ArrayList<>();
    for (int row : rows) {
      contents.add(examples.at(places.get(from + row)));
    }
    return new SavedRows(rows, contents, count, shape, device);
  }

  boolean isEmpty() {
    return rows.length == 0;
  }

  boolean has(int row) {
    return Arrays.binarySearch(rows, row) >= 0;
  }

  /** Positions of the saved examples, int64 {@code [m]}. */
  Tensor rows() {
    return Tensors.of(Arrays.stream(rows).asLongStream().toArray(), rows.length).to(device);
  }

  /** Positions of all others, int64; null where there is no saved example. */
  @Nullable Tensor others() {
    if (isEmpty()) {
      return null;
    }
    long[] others = IntStream.range(0, count).filter(i -> !has(i)).asLongStream().toArray();
    return Tensors.of(others, others.length).to(device);
  }

  /**
   * Puts the saved examples into their rows of the shard's samples.
   *
   * @param values of the samples, {@code [n, ...]}; changed
   * @param labels of the samples, {@code [n]}; changed
   * @param adversarial whether the perturbed inputs stand there, or the clean ones
   */
  void into(float[] values, long[] labels, boolean adversarial) {
    int size = values.length / count;
    for (int i = 0; i < rows.length; i++) {
      Content content = contents.get(i);
      float[] input = adversarial ? content.adversarial() : content.clean();
      System.arraycopy(input, 0, values, rows[i] * size, size);
      labels[rows[i]] = content.label();
    }
  }

  /** The shard's inputs {@code [n, ...]}, where the network is. */
  Tensor onDevice(float[] values) {
    return Tensors.of(values, batched(count)).to(device);
  }

  /** The inputs {@code [n, ...]} with the perturbed ones of saved examples in their rows. */
  Tensor adversarialOver(Tensor inputs) {
    if (isEmpty()) {
      return inputs;
    }
    int size = contents.get(0).adversarial().length;
    float[] values = new float[rows.length * size];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(contents.get(i).adversarial(), 0, values, i * size, size);
    }
    Tensor perturbed = Tensors.of(values, batched(rows.length)).to(device); // [m, ...]
    return inputs.clone().indexCopyInPlace(0, rows(), perturbed); // [n, ...]
  }

  private long[] batched(int n) {
    return LongStream.concat(LongStream.of(n), shape.stream().mapToLong(k -> k)).toArray();
  }
}
