package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.IN;
import static io.holdfast.train.objective.TwinCase.K;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;

/**
 * A network of two hidden layers of ReLU and its bounds over an L-infinity ball in plain loops.
 *
 * @param weights of the layers a {@code [FIRST, IN]}, b {@code [SECOND, FIRST]} and c {@code [K,
 *     SECOND]}, each with its biases behind it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record DeepTwin(double[] weights) {
  static final int FIRST = 6;
  static final int SECOND = 5;
  private static final int[] SIZES = {IN, FIRST, SECOND, K};

  static DeepTwin random(long seed) {
    RandomGenerator r = new Seed(seed).split("deep").generator();
    return new DeepTwin(DoubleStream.generate(r::nextGaussian).limit(at(3, 0, 0)).toArray());
  }

  /** Where a layer's weight between two units stands. */
  private static int at(int layer, int to, int from) {
    int start = 0;
    for (int l = 0; l < layer; l++) {
      start += (SIZES[l] + 1) * SIZES[l + 1];
    }
    return start + to * SIZES[layer] + from;
  }

  private double weight(int layer, int to, int from) {
    return weights[at(layer, to, from)];
  }

  private double bias(int layer, int to) {
    return weights[at(layer, SIZES[layer + 1], to)];
  }

  /** Weight and bias of each layer. */
  List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>();
    for (int layer = 0; layer < 3; layer++) {
      int from = SIZES[layer];
      int to = SIZES[layer + 1];
      double[] w = Arrays.copyOfRange(weights, at(layer, 0, 0), at(layer, to, 0));
      double[] b = Arrays.copyOfRange(weights, at(layer, to, 0), at(layer, to, to));
      all.add(Tensors.of(w, to, from));
      all.add(Tensors.of(b, to));
    }
    return all;
  }

  /** Lowest and highest values of a layer's units, before ReLU. */
  private record Box(double[] low, double[] high) {}

  /** From the box of what the layer takes. */
  private Box through(int layer, double[] low, double[] high) {
    int units = SIZES[layer + 1];
    double[] lowest = new double[units];
    double[] highest = new double[units];
    for (int j = 0; j < units; j++) {
      lowest[j] = bias(layer, j);
      highest[j] = bias(layer, j);
      for (int i = 0; i < SIZES[layer]; i++) {
        double w = weight(layer, j, i);
        lowest[j] += Math.min(w * low[i], w * high[i]);
        highest[j] += Math.max(w * low[i], w * high[i]);
      }
    }
    return new Box(lowest, highest);
  }

  private static double[] relu(double[] values) {
    return DoubleStream.of(values).map(v -> Math.max(v, 0)).toArray();
  }

  private Box first(double[] x, double radius) {
    double[] low = DoubleStream.of(x).map(v -> v - radius).toArray();
    double[] high = DoubleStream.of(x).map(v -> v + radius).toArray();
    return through(0, low, high);
  }

  private Box second(Box first) {
    return through(1, relu(first.low), relu(first.high));
  }

  double[] logits(double[] x) {
    Box second = second(first(x, 0));
    return through(2, relu(second.low), relu(second.high)).low;
  }

  /** How far each class may rise above the label by intervals; the last layer is merged. */
  double[] intervalMargins(double[] x, double radius, int label) {
    Box second = second(first(x, radius));
    double[] low = relu(second.low);
    double[] high = relu(second.high);
    double[] margins = new double[K];
    for (int k = 0; k < K; k++) {
      margins[k] = bias(2, k) - bias(2, label);
      for (int j = 0; j < SECOND; j++) {
        double w = weight(2, k, j) - weight(2, label, j);
        margins[k] += Math.max(w * low[j], w * high[j]);
      }
    }
    return margins;
  }

  /** A linear function, {@code constant + slopes . v}. */
  private record Line(double constant, double[] slopes) {}

  /** The same by one way back through lines above and below each ReLU. */
  double[] linearMargins(double[] x, double radius, int label) {
    Box first = first(x, radius);
    Box second = second(first);
    double[] margins = new double[K];
    for (int k = 0; k < K; k++) {
      double[] slopes = new double[SECOND];
      for (int j = 0; j < SECOND; j++) {
        slopes[j] = weight(2, k, j) - weight(2, label, j);
      }
      Line line = new Line(bias(2, k) - bias(2, label), slopes);
      Line back = affine(0, relaxed(affine(1, relaxed(line, second)), first));
      margins[k] = back.constant;
      for (int i = 0; i < IN; i++) {
        margins[k] += back.slopes[i] * x[i] + Math.abs(back.slopes[i]) * radius;
      }
    }
    return margins;
  }

  /** In the layer's inputs what was in its values. */
  private Line affine(int layer, Line line) {
    double constant = line.constant;
    double[] slopes = new double[SIZES[layer]];
    for (int j = 0; j < line.slopes.length; j++) {
      constant += line.slopes[j] * bias(layer, j);
      for (int i = 0; i < slopes.length; i++) {
        slopes[i] += line.slopes[j] * weight(layer, j, i);
      }
    }
    return new Line(constant, slopes);
  }

  /** Above what it was, in the values before ReLU (Zhang et al. 2018, CROWN, table 2). */
  private static Line relaxed(Line line, Box before) {
    double constant = line.constant;
    double[] slopes = new double[line.slopes.length];
    for (int j = 0; j < slopes.length; j++) {
      double slope = line.slopes[j];
      double low = before.low[j];
      double high = before.high[j];
      if (low >= 0) {
        slopes[j] = slope;
      } else if (high > 0 && slope > 0) { // the chord is above
        slopes[j] = slope * high / (high - low);
        constant -= slopes[j] * low;
      } else if (high > 0) { // below is the identity or nothing, whichever is nearer
        slopes[j] = high > -low ? slope : 0;
      }
    }
    return new Line(constant, slopes);
  }

  /** The largest difference between the two bounds of a margin. */
  double apart(double[] x, double radius, int label) {
    double[] intervals = intervalMargins(x, radius, label);
    double[] lines = linearMargins(x, radius, label);
    double most = 0;
    for (int k = 0; k < K; k++) {
      most = Math.max(most, Math.abs(intervals[k] - lines[k]));
    }
    return most;
  }
}
