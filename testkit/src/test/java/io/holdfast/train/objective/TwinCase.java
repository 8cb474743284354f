package io.holdfast.train.objective;

import io.holdfast.common.Seed;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A random network tanh(x A) B with fixed clean and worst inputs, all in double, and another such
 * network that guides it. Everything in here is as slow and obvious as it can be. Shapes: D values
 * of an input, H hidden units.
 *
 * @param a {@code [D, H]}
 * @param b {@code [H, K]}
 * @param guideA {@code [D, H]}
 * @param guideB {@code [H, K]}
 * @param clean {@code [N, D]}
 * @param worst {@code [N, D]}
 * @param labels {@code [N]}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TwinCase(
    double[] a,
    double[] b,
    double[] guideA,
    double[] guideB,
    double[] clean,
    double[] worst,
    long[] labels) {
  static final int N = 5;
  static final int IN = 4;
  static final int HIDDEN = 6;
  static final int K = 3;
  static final double SMOOTHING = 0.1;

  /** Of {@value #IN} values and {@value #HIDDEN} units. */
  static TwinCase random(long seed) {
    return random(seed, IN, HIDDEN);
  }

  /** Of 2, 4 or 6 values and 4, 6 or 8 units. */
  static TwinCase ofAnySize(long seed) {
    return random(seed, 2 + 2 * (int) (seed % 3), 4 + 2 * (int) (seed / 3 % 3));
  }

  private static TwinCase random(long seed, int in, int units) {
    RandomGenerator r = new Seed(seed).generator();
    double[] clean = DoubleStream.generate(r::nextDouble).limit((long) N * in).toArray();
    double[] worst = clean.clone();
    for (int i = 0; i < worst.length; i++) {
      worst[i] += 0.4 * r.nextDouble() - 0.2;
    }
    long[] labels = new long[N];
    for (int i = 0; i < N; i++) {
      labels[i] = r.nextInt(K);
    }
    return new TwinCase(
        normal(r, in * units),
        normal(r, units * K),
        normal(r, in * units),
        normal(r, units * K),
        clean,
        worst,
        labels);
  }

  private static double[] normal(RandomGenerator r, int count) {
    return DoubleStream.generate(r::nextGaussian).limit(count).toArray();
  }

  /** Values of an input, D. */
  int in() {
    return clean.length / N;
  }

  /** Hidden units, H. */
  int units() {
    return b.length / K;
  }

  /** The worst inputs on the other side of the clean ones, {@code [N, D]}. */
  double[] mirrored() {
    return plus(times(clean, 2), worst, -1);
  }

  /** The same with one parameter moved. */
  TwinCase with(int parameter, double change) {
    double[] newA = a.clone();
    double[] newB = b.clone();
    if (parameter < a.length) {
      newA[parameter] += change;
    } else {
      newB[parameter - a.length] += change;
    }
    return new TwinCase(newA, newB, guideA, guideB, clean, worst, labels);
  }

  /** The same with one of the guide's parameters moved. */
  TwinCase withGuide(int parameter, double change) {
    TwinCase moved =
        new TwinCase(guideA, guideB, a, b, clean, worst, labels).with(parameter, change);
    return new TwinCase(a, b, moved.a, moved.b, clean, worst, labels);
  }

  int label(int row) {
    return (int) labels[row];
  }

  /** One row of inputs. */
  static double[] one(double[] inputs, int row) {
    int in = inputs.length / N;
    return Arrays.copyOfRange(inputs, row * in, (row + 1) * in);
  }

  /** Logits of one input. */
  double[] z(double[] x) {
    return logits(a, b, x);
  }

  /** The clean logits of one row. */
  double[] zClean(int row) {
    return z(one(clean, row));
  }

  /** The worst case's logits of one row. */
  double[] zWorst(int row) {
    return z(one(worst, row));
  }

  /** The mirrored worst case's logits of one row. */
  double[] zMirrored(int row) {
    return z(one(mirrored(), row));
  }

  /** The guide's logits of one input. */
  double[] zGuide(double[] x) {
    return logits(guideA, guideB, x);
  }

  private static double[] logits(double[] a, double[] b, double[] x) {
    double[] z = new double[K];
    for (int h = 0; h < b.length / K; h++) {
      double t = Math.tanh(before(a, x, h));
      for (int k = 0; k < K; k++) {
        z[k] += t * b[h * K + k];
      }
    }
    return z;
  }

  /** The values of the hidden units. */
  double[] hidden(double[] x) {
    return IntStream.range(0, units()).mapToDouble(h -> Math.tanh(before(a, x, h))).toArray();
  }

  private static double before(double[] a, double[] x, int h) {
    double s = 0;
    int units = a.length / x.length;
    for (int i = 0; i < x.length; i++) {
      s += x[i] * a[i * units + h];
    }
    return s;
  }

  /** The derivative of {@code sum_k weights_k z_k} by the input. */
  double[] pullBack(double[] x, double[] weights) {
    double[] g = new double[in()];
    for (int h = 0; h < units(); h++) {
      double t = Math.tanh(before(a, x, h));
      double upper = 0;
      for (int k = 0; k < K; k++) {
        upper += weights[k] * b[h * K + k];
      }
      for (int i = 0; i < g.length; i++) {
        g[i] += upper * (1 - t * t) * a[i * units() + h];
      }
    }
    return g;
  }

  /** The gradient of the cross-entropy with smoothed labels by the input. */
  double[] gradient(double[] x, int row) {
    double[] p = softmax(z(x));
    double[] weights = new double[K];
    for (int k = 0; k < K; k++) {
      weights[k] = p[k] - target(row, k);
    }
    return pullBack(x, weights);
  }

  double target(int row, int k) {
    return SMOOTHING / K + (k == label(row) ? 1 - SMOOTHING : 0);
  }

  double crossEntropy(double[] z, int row) {
    double[] log = logSoftmax(z);
    double loss = 0;
    for (int k = 0; k < K; k++) {
      loss -= target(row, k) * log[k];
    }
    return loss;
  }

  static double[] logSoftmax(double[] z) {
    double sum = 0;
    for (double v : z) {
      sum += Math.exp(v);
    }
    double[] log = new double[z.length];
    for (int k = 0; k < z.length; k++) {
      log[k] = z[k] - Math.log(sum);
    }
    return log;
  }

  static double[] softmax(double[] z) {
    return DoubleStream.of(logSoftmax(z)).map(Math::exp).toArray();
  }

  static double[] times(double[] z, double factor) {
    return DoubleStream.of(z).map(v -> v * factor).toArray();
  }

  /** Kullback-Leibler divergence of the prediction of q from that of p. */
  static double kl(double[] zP, double[] zQ) {
    double[] p = logSoftmax(zP);
    double[] q = logSoftmax(zQ);
    double sum = 0;
    for (int k = 0; k < K; k++) {
      sum += Math.exp(p[k]) * (p[k] - q[k]);
    }
    return sum;
  }

  /** The largest entry but one. */
  static double maxBut(double[] v, int without) {
    double best = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < v.length; k++) {
      best = k == without ? best : Math.max(best, v[k]);
    }
    return best;
  }

  static double squareDistance(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += (u[k] - v[k]) * (u[k] - v[k]);
    }
    return sum;
  }

  static double square(double[] v) {
    return squareDistance(v, new double[v.length]);
  }

  /** {@code u + factor v}. */
  static double[] plus(double[] u, double[] v, double factor) {
    double[] sum = u.clone();
    for (int i = 0; i < u.length; i++) {
      sum[i] += factor * v[i];
    }
    return sum;
  }

  /** Scaled to length 1. */
  static double[] unit(double[] v) {
    return times(v, 1 / Math.sqrt(square(v)));
  }

  static int argmax(double[] v) {
    int best = 0;
    for (int k = 0; k < v.length; k++) {
      best = v[k] > v[best] ? k : best;
    }
    return best;
  }

  /** Weights whose mean is 1. */
  static double[] meanOne(double[] weights) {
    double mean = DoubleStream.of(weights).average().orElseThrow();
    return times(weights, 1 / mean);
  }
}
