package io.holdfast.bundle;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Domain;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Serves a model to any number of threads, in arrays. Samples are computed one by one on threads of
 * its own, so that a sample's bits depend neither on its neighbours in a batch nor on who asks at
 * the same time. A sample is an array of values in row-major order of the input shape, such as
 * {@code [C, H, W]}, finite and inside the domain.
 *
 * <p>Every method throws {@link InvalidInputException} for samples of another length or with values
 * that are not finite or outside the domain, and {@link IllegalStateException} after close.
 */
public final class Predictor implements AutoCloseable {
  /** Bad samples of one call that are described one by one. */
  private static final int SHOWN = 8;

  private final SharedNetwork shared;
  private final Network network;
  private final NetworkClassifier classifier;
  private final Shape shape;
  private final Domain domain;
  private final Workers workers;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * @param shared of which it takes a share until it is closed
   */
  Predictor(SharedNetwork shared, Domain domain, int threads) {
    this.network = shared.network();
    this.classifier = network.classifier();
    this.shape = Shape.of(classifier.inputShape());
    this.domain = domain;
    this.workers = Workers.of(threads);
    this.shared = shared.share(); // last, so that no failure keeps a share
  }

  /** Number of classes K; at least 1. */
  public int classes() {
    return classifier.classes();
  }

  /** Shape of one sample, such as {@code [C, H, W]}; a fresh array. */
  public long[] inputShape() {
    return shape.toArray();
  }

  /**
   * Logits of one sample.
   *
   * @param sample as many values as the {@linkplain #inputShape shape} has, row-major, each inside
   *     the domain, for images [0, 1]; read only
   * @return {@code [K]}, finite, the class names' order; the caller's own
   * @throws InvalidInputException if the length is another or a value is not a number in the domain
   * @throws HoldfastException if the model gives NaN or infinity
   * @throws IllegalStateException after {@link #close}
   */
  public float[] logits(float[] sample) {
    return logits(new float[][] {sample})[0];
  }

  /**
   * Logits of N samples; each has the bits that it has alone.
   *
   * @param batch {@code [N][sample]}, each as in {@link #logits(float[])}; N may be 0
   * @return {@code [N][K]}, in the order of the samples
   * @throws InvalidInputException naming the positions of up to 8 samples that do not fit
   * @throws HoldfastException if the model gives NaN or infinity
   * @throws IllegalStateException after {@link #close}
   */
  public float[][] logits(float[][] batch) {
    check(batch);
    return whileOpen(
        () -> {
          List<float[]> rows = workers.map(batch.length, i -> compute(batch[i]));
          return rows.toArray(float[][]::new);
        });
  }

  /**
   * Probabilities of one sample: the softmax of its logits, in double precision.
   *
   * @param sample as in {@link #logits(float[])}, errors too
   * @return {@code [K]}, each in [0, 1], adding up to 1 within rounding
   */
  public float[] probabilities(float[] sample) {
    return softmax(logits(sample));
  }

  /**
   * Probabilities of N samples.
   *
   * @param batch as in {@link #logits(float[][])}, errors too
   * @return {@code [N][K]}, rows as in {@link #probabilities(float[])}
   */
  public float[][] probabilities(float[][] batch) {
    return Arrays.stream(logits(batch)).map(Predictor::softmax).toArray(float[][]::new);
  }

  /**
   * The most likely class of one sample; the lowest of equals.
   *
   * @param sample as in {@link #logits(float[])}, errors too
   * @return in {@code [0, K)}
   */
  public int predict(float[] sample) {
    return argmax(logits(sample));
  }

  /**
   * The most likely class of each of N samples.
   *
   * @param batch as in {@link #logits(float[][])}, errors too
   * @return {@code [N]}, each in {@code [0, K)}; the lowest of equals
   */
  public int[] predict(float[][] batch) {
    return Arrays.stream(logits(batch)).mapToInt(Predictor::argmax).toArray();
  }

  private float[] compute(float[] sample) {
    Tensor x = Tensors.of(sample, shape.batched(1)).to(network.device()); // [1, ...]
    float[] logits = network.apply(x).toFloats(); // [1, K]
    for (float z : logits) {
      if (!Float.isFinite(z)) {
        throw new HoldfastException(
            "the model gives logits that are not finite: " + Arrays.toString(logits));
      }
    }
    return logits;
  }

  /** In double precision, so that the result is a function of the logits' bits alone. */
  private static float[] softmax(float[] logits) {
    double max = logits[argmax(logits)];
    double[] e = new double[logits.length];
    double sum = 0;
    for (int k = 0; k < e.length; k++) {
      e[k] = StrictMath.exp(logits[k] - max);
      sum += e[k];
    }
    float[] p = new float[e.length];
    for (int k = 0; k < e.length; k++) {
      p[k] = (float) (e[k] / sum);
    }
    return p;
  }

  private static int argmax(float[] values) {
    int best = 0;
    for (int k = 1; k < values.length; k++) {
      best = values[k] > values[best] ? k : best;
    }
    return best;
  }

  // ---- input

  private void check(float[][] batch) {
    Problems problems = new Problems("input");
    for (int i = 0; i < batch.length && problems.list().size() < SHOWN; i++) {
      checkSample(batch[i], problems.at(batch.length == 1 ? "" : "[" + i + "]"));
    }
    problems.throwIfAny();
  }

  private void checkSample(float[] sample, Problems problems) {
    if (sample.length != shape.count()) {
      problems.add("", shape.count() + " values of " + shape, sample.length + " values");
      return;
    }
    float low = (float) domain.low();
    float high = (float) domain.high();
    for (int j = 0; j < sample.length; j++) {
      if (!(sample[j] >= low && sample[j] <= high)) {
        String hint =
            high == 1 && sample[j] > 1 && sample[j] <= 255 ? "are these 0 to 255? divide" : null;
        String range = "a number in [" + domain.low() + ", " + domain.high() + "]";
        problems.add("[" + j + "]", range, Float.toString(sample[j]), hint);
        return;
      }
    }
  }

  // ---- lifetime

  private <T> T whileOpen(Supplier<T> work) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("a predictor was used after it was closed");
      }
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Waits for calls in progress, then ends the threads and lets go of the weights. Closing again
   * does nothing.
   */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        workers.close();
        shared.release();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
