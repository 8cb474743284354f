package io.holdfast.data;

import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.Scale;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Labelled samples with random access: sized, lazy, immutable, and safe for many threads at once.
 * Nothing here holds native memory. An index is a position in this data set; an id names a sample
 * for ever and survives subsets and splits.
 */
public interface Dataset {
  /** Share of the training set that is held out for validation unless the experiment says more. */
  double DEFAULT_VALIDATION = 0.05;

  /** Name, sample shape, classes and licence. */
  DatasetInfo info();

  /** How numbers of the source were read; null where its format tells it. */
  default @Nullable Scale scale() {
    return null;
  }

  /** Number of samples, at least one. */
  int size();

  /**
   * Stable id of a sample, unique within the source: its position in the file for formats with an
   * order, a hash of its path ({@code class/file}) for folders and zips of images.
   */
  long id(int index);

  /** Label in {@code [0, info().classCount())}. */
  int label(int index);

  /** Where the label of a sample stands, for messages. */
  default SamplePlace place(int index) {
    return new SamplePlace(info().name(), "sample " + id(index));
  }

  /** Group attribute for fairness measures; -1 for none. */
  default int group(int index) {
    return -1;
  }

  /**
   * Sample weight, finite and at least 0; 1 unless the source says more. Training multiplies the
   * sample's loss by it; accuracies do not know it.
   */
  default float weight(int index) {
    return 1f;
  }

  /**
   * How often a sample stands in an epoch of training, in proportion to the others; above 0, 1
   * unless the source says more.
   */
  default double draws(int index) {
    return 1;
  }

  /**
   * Writes one sample, {@code info().sampleSize()} values, row-major in {@code info().shape()};
   * pixels are in [0, 1].
   *
   * @throws io.holdfast.common.InvalidInputException if the sample cannot be decoded; it names it
   */
  void read(int index, float[] into, int offset);

  /** As {@link #contentHash(Stopper)}, without a stop. */
  default String contentHash() {
    return contentHash(Stopper.manual());
  }

  /**
   * SHA-256 of the content as 64 hexadecimal digits, computed once, on first use, by streaming.
   *
   * @param stopper asked between samples, or blocks of a file
   * @throws RunInterruptedException if a stop was requested before it was known
   */
  String contentHash(Stopper stopper);

  /** Reads several samples one after the other into a fresh array {@code [indices, sample]}. */
  default float[] read(int... indices) {
    int stride = info().sampleSize();
    float[] all = new float[Math.multiplyExact(indices.length, stride)];
    for (int i = 0; i < indices.length; i++) {
      read(indices[i], all, i * stride);
    }
    return all;
  }

  /**
   * Inputs without their labels: {@code [N, shape...]}, float32, on the CPU, in the innermost open
   * {@link io.holdfast.tensor.Scope}.
   */
  default Tensor inputs(int... indices) {
    return Batches.inputs(this, indices);
  }

  /**
   * Samples as tensors of the innermost open {@link io.holdfast.tensor.Scope}: dense float32 inputs
   * {@code [N, shape...]}, on the CPU.
   */
  default Batch batch(int... indices) {
    return Batches.of(this, indices);
  }

  /** The samples at these positions, in this order; ids, labels, groups and weights are kept. */
  default Dataset subset(int... indices) {
    return Subset.of(this, indices);
  }

  /** The first {@code n} samples, or all if there are fewer; {@code n} is at least 1. */
  default Dataset first(int n) {
    return n >= size() ? this : subset(IntStream.range(0, n).toArray());
  }

  /**
   * Disjoint parts, one per fraction, stratified: each class is shared out as near to the fractions
   * as whole samples allow. Which samples go where depends only on the seed, the labels and the
   * order of the samples; each part keeps that order.
   *
   * @param fractions positive, adding up to at most 1; what is left over belongs to no part
   * @throws io.holdfast.common.InvalidInputException if the fractions are not so, or a part would
   *     be empty
   */
  default List<Dataset> split(Seed seed, double... fractions) {
    return StratifiedSplit.split(this, seed, fractions);
  }

  /**
   * Does now what would otherwise be done when a label is first asked for, such as asking a model
   * for it.
   *
   * @param workers threads, 0 for one per core
   * @throws RunInterruptedException if a stop was requested
   */
  default void prepare(int workers, Stopper stopper, Progress progress) {}

  /** False where labels are not there before {@link #prepare}, or before one was asked for. */
  default boolean isPrepared() {
    return true;
  }

  /** Whether there are samples of at least two classes. */
  default boolean hasSeveralClasses() {
    int one = label(0);
    return IntStream.range(1, size()).anyMatch(i -> label(i) != one);
  }

  /** Number of samples of each class. */
  default int[] classCounts() {
    int[] counts = new int[info().classCount()];
    for (int i = 0; i < size(); i++) {
      counts[label(i)]++;
    }
    return counts;
  }
}
