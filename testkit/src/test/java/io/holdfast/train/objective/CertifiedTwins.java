package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.maxBut;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.times;
import static io.holdfast.train.objective.TwinRow.row;

import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Gaussian;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.Macer;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.certified.SmoothAdv;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Twins of objectives on bounds and for smoothing. */
final class CertifiedTwins {
  private static final Ramp RAMP = new Ramp(0.1, 0.2);
  private static final double HALF = 0.21875; // of its strength

  private CertifiedTwins() {}

  static Stream<TwinRow> rows() {
    return Stream.of(
        row(
            new Gaussian(0.25),
            (c, b, i) -> c.crossEntropy(c.z(noisy(c.clean(), "gaussian", i, -1)), i)),
        row(
            new SmoothAdv(0.25, 4),
            (c, b, i) ->
                IntStream.range(0, 4)
                    .mapToDouble(d -> c.crossEntropy(c.z(noisy(c.worst(), "smoothing", i, d)), i))
                    .average()
                    .orElseThrow()),
        row(new Macer(0.25, 4, 12, 8, 3), (c, b, i) -> macer(c, i, 8)),
        row(new Macer(0.25, 4, 12, 1, 3), (c, b, i) -> macer(c, i, 1)), // beyond which many lie
        row(
            new Ibp(0.5, RAMP),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i) / 2 + bound(c, one(c.clean(), i), i, 0.2) / 2),
        new TwinRow(
            new Ibp(0.5, RAMP),
            HALF,
            (c, b, i) ->
                0.75 * c.crossEntropy(c.zClean(i), i) + bound(c, one(c.clean(), i), i, 0.1) / 4),
        new TwinRow(new Ibp(0.5, RAMP), 0.05, (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(
            new CrownIbp(0.5, 0, RAMP),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i) / 2 + bound(c, one(c.clean(), i), i, 0.2) / 2),
        // beyond its last layer this network has no affine one: intervals and lines agree
        row(
            new CrownIbp(0.5, 0.7, RAMP),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i) / 2 + bound(c, one(c.clean(), i), i, 0.2) / 2),
        new TwinRow(
            new CrownIbp(0.5, 0, RAMP),
            HALF,
            (c, b, i) ->
                0.75 * c.crossEntropy(c.zClean(i), i) + bound(c, one(c.clean(), i), i, 0.1) / 4),
        row(new Sabr(0.4, RAMP), (c, b, i) -> bound(c, within(c, i, 0.12), i, 0.08)),
        new TwinRow(new Sabr(0.4, RAMP), HALF, (c, b, i) -> bound(c, within(c, i, 0.06), i, 0.04)),
        new TwinRow(new Sabr(0.4, RAMP), 0.05, (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(
            new MtlIbp(0.3, RAMP),
            (c, b, i) ->
                0.7 * c.crossEntropy(c.zWorst(i), i) + 0.3 * bound(c, one(c.clean(), i), i, 0.2)),
        new TwinRow(
            new MtlIbp(0.3, RAMP),
            HALF,
            (c, b, i) ->
                0.7 * c.crossEntropy(c.zWorst(i), i) + 0.3 * bound(c, one(c.clean(), i), i, 0.1)),
        new TwinRow(new MtlIbp(0.3, RAMP), 0.05, (c, b, i) -> c.crossEntropy(c.zClean(i), i)));
  }

  /** The worst input, no farther than so much: the box around it lies in the ball. */
  static double[] within(TwinCase c, int i, double room) {
    double[] near = one(c.worst(), i);
    for (int k = 0; k < near.length; k++) {
      double clean = one(c.clean(), i)[k];
      near[k] = Math.max(clean - room, Math.min(clean + room, near[k]));
    }
    return near;
  }

  private static double[] noisy(double[] inputs, String purpose, int i, int stream) {
    double[] x = one(inputs, i);
    return TwinCase.plus(x, TwinShard.drawn(purpose, i, stream, x.length), 0.25);
  }

  private static double macer(TwinCase c, int i, double gamma) {
    double[] plain = new double[K];
    double[] sharp = new double[K];
    for (int d = 0; d < 4; d++) {
      double[] z = c.z(noisy(c.clean(), "smoothing", i, d));
      plain = TwinCase.plus(plain, softmax(z), 1.0 / 4);
      sharp = TwinCase.plus(sharp, softmax(times(z, 3)), 1.0 / 4);
    }
    double loss = 0;
    for (int k = 0; k < K; k++) {
      loss -= c.target(i, k) * Math.log(plain[k]);
    }
    double margin = quantile(sharp[c.label(i)]) - quantile(maxBut(sharp, c.label(i)));
    return loss + (margin >= 0 && margin <= gamma ? 12 * 0.25 / 2 * (gamma - margin) : 0);
  }

  /** The standard normal quantile by bisection of an integral. */
  private static double quantile(double p) {
    double low = -8;
    double high = 8;
    for (int n = 0; n < 60; n++) {
      double middle = (low + high) / 2;
      if (cumulative(middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /** The standard normal distribution by Simpson's rule from 0. */
  private static double cumulative(double x) {
    int parts = 400;
    double sum = 0;
    for (int n = 0; n <= parts; n++) {
      double t = x * n / parts;
      double weight = n == 0 || n == parts ? 1 : n % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-t * t / 2);
    }
    return 0.5 + x / parts / 3 * sum / Math.sqrt(2 * Math.PI);
  }

  /** Cross-entropy with every class as high above the label as intervals allow. */
  private static double bound(TwinCase c, double[] x, int i, double radius) {
    double[] low = new double[c.units()];
    double[] high = new double[c.units()];
    for (int h = 0; h < c.units(); h++) {
      for (int k = 0; k < c.in(); k++) {
        double weight = c.a()[k * c.units() + h];
        low[h] += weight * x[k] - radius * Math.abs(weight);
        high[h] += weight * x[k] + radius * Math.abs(weight);
      }
    }
    double sum = 0;
    for (int k = 0; k < K; k++) {
      double above = 0;
      for (int h = 0; h < c.units(); h++) {
        double weight = c.b()[h * K + k] - c.b()[h * K + c.label(i)];
        above += Math.max(weight * Math.tanh(low[h]), weight * Math.tanh(high[h]));
      }
      sum += Math.exp(above);
    }
    return Math.log(sum);
  }
}
