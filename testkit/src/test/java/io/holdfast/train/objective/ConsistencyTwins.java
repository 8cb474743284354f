package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.kl;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.square;
import static io.holdfast.train.objective.TwinCase.squareDistance;
import static io.holdfast.train.objective.TwinRow.EARLY;
import static io.holdfast.train.objective.TwinRow.row;

import io.holdfast.train.objective.consistency.AugMixConsistency;
import io.holdfast.train.objective.consistency.Curvature;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.consistency.InputGradient;
import io.holdfast.train.objective.consistency.Jacobian;
import io.holdfast.train.objective.consistency.Vat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Twins of objectives of consistency and smoothness. */
final class ConsistencyTwins {
  private ConsistencyTwins() {}

  static Stream<TwinRow> rows() {
    return Stream.of(
        row(new InputGradient(0.7), ConsistencyTwins::inputGradient),
        row(new Jacobian(0.3, 2), ConsistencyTwins::jacobian),
        row(new Curvature(4, 0.5, 0.2), (c, b, i) -> curvature(c, b, i, 0.5)),
        new TwinRow(new Curvature(4, 0.5, 0.2), EARLY, (c, b, i) -> curvature(c, b, i, 0.25)),
        row(
            new FeaturePairing(0.8, 0.5, Optional.empty()),
            (c, b, i) -> featurePairing(c, b, i, 0.8, c.units() / 2, 1, TwinCase::hidden)),
        row(
            new FeaturePairing(2, 0, Optional.of(TwinShard.HIDDEN_LAYER)),
            (c, b, i) -> featurePairing(c, b, i, 2, 1, 1, TwinCase::hidden)),
        row(
            new FeaturePairing(0.8, 0.6, Optional.of(TwinShard.LAST_LAYER)),
            (c, b, i) -> featurePairing(c, b, i, 0.8, 2, 1, TwinCase::z)),
        row(
            new FeaturePairing(3, 0.6, Optional.of(TwinShard.MAPS)),
            (c, b, i) ->
                featurePairing(
                    c, b, i, 3, (int) Math.round(0.6 * c.units() / 2), 2, TwinCase::hidden)),
        row(new Vat(2, 0.5, 0.1, 1), (c, b, i) -> vat(c, b, i, 1)),
        row(new Vat(2, 0.5, 0.1, 3), (c, b, i) -> vat(c, b, i, 3)),
        row(new AugMixConsistency(12, 2, false), (c, b, i) -> augMix(c, i, false)),
        row(new AugMixConsistency(12, 2, true), (c, b, i) -> augMix(c, i, true)));
  }

  private static double inputGradient(TwinCase c, TwinCase before, int i) {
    double[] x = one(c.clean(), i);
    return c.crossEntropy(c.z(x), i) + 0.7 * square(c.gradient(x, i));
  }

  private static double jacobian(TwinCase c, TwinCase before, int i) {
    double[] x = one(c.clean(), i);
    double sum = 0;
    for (int p = 0; p < 2; p++) {
      sum += square(c.pullBack(x, TwinCase.unit(TwinShard.drawn("jacobian", i, p, K))));
    }
    return c.crossEntropy(c.z(x), i) + 0.3 / 2 * K * sum / 2;
  }

  private static double curvature(TwinCase c, TwinCase before, int i, double h) {
    double[] x = one(c.clean(), i);
    double[] sign = DoubleStream.of(before.gradient(x, i)).map(Math::signum).toArray();
    double[] moved = TwinCase.plus(x, TwinCase.unit(sign), h);
    return c.crossEntropy(c.z(x), i) + 4 * squareDistance(c.gradient(moved, i), c.gradient(x, i));
  }

  /** So many channels of a layer that move most, of so many places each. */
  private static double featurePairing(
      TwinCase c,
      TwinCase before,
      int i,
      double lambda,
      int count,
      int places,
      BiFunction<TwinCase, double[], double[]> layer) {
    int units = layer.apply(c, one(c.clean(), i)).length;
    double[] moved = new double[units / places];
    for (int channel = 0; channel < moved.length; channel++) {
      double change = 0;
      double size = 0;
      for (int j = 0; j < N; j++) {
        for (int h = channel * places; h < (channel + 1) * places; h++) {
          double clean = layer.apply(before, one(before.clean(), j))[h];
          change += Math.abs(layer.apply(before, one(before.worst(), j))[h] - clean);
          size += Math.abs(clean);
        }
      }
      moved[channel] = change / size;
    }
    double bound = DoubleStream.of(moved).sorted().toArray()[moved.length - count];
    double[] worst = layer.apply(c, one(c.worst(), i));
    double[] clean = layer.apply(c, one(c.clean(), i));
    double sum = 0;
    for (int h = 0; h < units; h++) {
      double change = worst[h] - clean[h];
      sum += moved[h / places] >= bound ? change * change : 0;
    }
    return c.crossEntropy(c.zClean(i), i) + lambda * sum / (count * places);
  }

  private static double vat(TwinCase c, TwinCase before, int i, int iterations) {
    double[] x = one(c.clean(), i);
    double[] d = TwinCase.unit(TwinShard.drawn("vat", i, -1, x.length));
    for (int n = 0; n < iterations; n++) {
      double[] probed = TwinCase.plus(x, d, 0.1);
      double[] slope = TwinCase.plus(softmax(before.z(probed)), softmax(before.z(x)), -1);
      d = TwinCase.unit(before.pullBack(probed, slope));
    }
    return c.crossEntropy(c.z(x), i) + 2 * kl(before.z(x), c.z(TwinCase.plus(x, d, 0.5)));
  }

  private static double augMix(TwinCase c, int i, boolean adversary) {
    List<double[]> views = new ArrayList<>(List.of(softmax(c.zClean(i))));
    for (int v = 0; v < 2; v++) {
      float[] pixels = new float[c.in()];
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = (float) one(c.clean(), i)[k];
      }
      RandomGenerator random = TwinShard.seedsOf("augmix").get(i).split(v).generator();
      AugMixConsistency.MIX.apply(pixels, 1, 2, c.in() / 2, random);
      double[] mixed = new double[c.in()];
      for (int k = 0; k < pixels.length; k++) {
        mixed[k] = pixels[k];
      }
      views.add(softmax(c.z(mixed)));
    }
    if (adversary) {
      views.add(softmax(c.zWorst(i)));
    }
    double sum = 0;
    for (double[] p : views) {
      for (int k = 0; k < K; k++) {
        int at = k;
        double mean = views.stream().mapToDouble(v -> v[at]).average().orElseThrow();
        sum += p[k] * Math.log(p[k] / mean) / views.size();
      }
    }
    return c.crossEntropy(c.zClean(i), i) + 12 * sum;
  }
}
