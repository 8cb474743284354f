package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.kl;
import static io.holdfast.train.objective.TwinCase.logSoftmax;
import static io.holdfast.train.objective.TwinCase.maxBut;
import static io.holdfast.train.objective.TwinCase.meanOne;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.square;
import static io.holdfast.train.objective.TwinCase.squareDistance;
import static io.holdfast.train.objective.TwinCase.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.common.Variates;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Curve;
import io.holdfast.train.objective.adversarial.Alp;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.adversarial.Gairat;
import io.holdfast.train.objective.adversarial.Iat;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.adversarial.Margins;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.adversarial.Mma;
import io.holdfast.train.objective.adversarial.Msd;
import io.holdfast.train.objective.adversarial.Score;
import io.holdfast.train.objective.adversarial.UnionAverage;
import io.holdfast.train.objective.adversarial.UnionSampling;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Gaussian;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.Macer;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.certified.SmoothAdv;
import io.holdfast.train.objective.consistency.AugMixConsistency;
import io.holdfast.train.objective.consistency.Curvature;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.consistency.InputGradient;
import io.holdfast.train.objective.consistency.Jacobian;
import io.holdfast.train.objective.consistency.Vat;
import io.holdfast.train.objective.distil.Ard;
import io.holdfast.train.objective.distil.DefensiveDistillation;
import io.holdfast.train.objective.distil.Hat;
import io.holdfast.train.objective.distil.Iad;
import io.holdfast.train.objective.distil.KdAt;
import io.holdfast.train.objective.distil.Lbgat;
import io.holdfast.train.objective.distil.Rslad;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every objective against a twin in plain doubles: its value, and its gradient by differences. */
@ExtendWith(LeakCheck.class)
class ObjectiveTwinsTest {
  private static final Guide GUIDE = Guide.given("teacher");
  private static final double LATE = 0.9;
  private static final double EARLY = 0.1;
  private static final Ramp RAMP = new Ramp(0.1, 0.2);
  private static final double HALF = 0.21875; // of its strength

  /** A sum whose weights change: 1 to 0.2, 0 to 2 at half of training, 0 and then 3. */
  private static final Hybrid RAMPED =
      new Hybrid(
          List.of(
              new Hybrid.Term(Curve.ramp(1, 0.2, 1), new Standard()),
              new Hybrid.Term(Curve.ramp(0, 2, 0.5), new PgdAt()),
              new Hybrid.Term(
                  new Curve(List.of(new Curve.Point(0, 0), new Curve.Point(0.6, 3)), false),
                  Trades.beta(4))));

  /** The loss of one sample in double. */
  private interface Twin {
    /**
     * The loss.
     *
     * @param now with the parameters whose loss is asked for
     * @param before with those at which the gradient is taken, for weights that carry none
     */
    double loss(TwinCase now, TwinCase before, int row);
  }

  private record Row(Objective objective, double progress, ThreatModel threat, Twin twin) {
    Row(Objective objective, double progress, Twin twin) {
      this(objective, progress, TwinShard.THREAT, twin);
    }

    @Override
    public String toString() {
      return objective + " at " + progress;
    }
  }

  private static Row row(Objective objective, Twin twin) {
    return new Row(objective, LATE, twin);
  }

  static Stream<Row> rows() {
    return Stream.of(
        row(new Standard(), (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(new PgdAt(), (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        row(Trades.beta(2.5), (c, b, i) -> trades(c, i, 2.5)),
        row(new Mart(5), ObjectiveTwinsTest::mart),
        row(new Alp(0.7, 0.3), ObjectiveTwinsTest::alp),
        row(new Score(4, 0), (c, b, i) -> score(c, i, 0)),
        row(new Score(4, 0.05), (c, b, i) -> score(c, i, 0.05)),
        row(
            new Mail(Mail.Base.PGD_AT, 10, 0.5, 6, 0.6),
            (c, b, i) -> mail(b, 10, 0.5)[i] * c.crossEntropy(c.zWorst(i), i)),
        row(
            new Mail(Mail.Base.TRADES, 2, -0.2, 6, 0.6),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i)
                    + 6 * mail(b, 2, -0.2)[i] * kl(c.zClean(i), c.zWorst(i))),
        new Row(
            new Mail(Mail.Base.PGD_AT, 10, 0.5, 6, 0.6),
            EARLY,
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        row(new Gairat(-1, 0.6), (c, b, i) -> gairat(-1)[i] * c.crossEntropy(c.zWorst(i), i)),
        new Row(new Gairat(-1, 0.6), EARLY, (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        row(new Margins(Margins.Kind.HINGE, List.of(1.0)), (c, b, i) -> hinge(c, i, 1, 1, 1)),
        row(
            new Margins(Margins.Kind.HINGE, List.of(0.5, 2.0, 4.0)),
            (c, b, i) -> hinge(c, i, 0.5, 2, 4)),
        row(
            new Margins(Margins.Kind.CW, List.of(0.5, 2.0, 4.0)),
            (c, b, i) ->
                Math.max(
                    maxBut(c.zWorst(i), c.label(i)) - c.zWorst(i)[c.label(i)],
                    -new double[] {0.5, 2, 4}[c.label(i)])),
        row(
            new Margins(Margins.Kind.CROSS_ENTROPY, List.of(0.5, 2.0, 4.0)),
            ObjectiveTwinsTest::classMargin),
        row(
            new Hat(2.5, 0.5, 2, Guide.given("helper")),
            (c, b, i) -> trades(c, i, 2.5) + 0.5 * help(c, i, 2)),
        row(
            new Lbgat(2, 6, Guide.given("natural")),
            (c, b, i) ->
                2 * squareDistance(c.zWorst(i), c.zGuide(one(c.clean(), i))) / K
                    + 6 * kl(c.zClean(i), c.zWorst(i))),
        row(new DefensiveDistillation(4, GUIDE), ObjectiveTwinsTest::defensive),
        row(new Ard(1, 30, GUIDE), (c, b, i) -> taught(c, c.zWorst(i), i, 30)),
        row(
            new Ard(0.7, 3, GUIDE),
            (c, b, i) -> 0.7 * taught(c, c.zWorst(i), i, 3) + 0.3 * c.crossEntropy(c.zClean(i), i)),
        row(
            new Rslad(5.0 / 6, GUIDE),
            (c, b, i) -> 5.0 / 6 * taught(c, c.zWorst(i), i, 1) + taught(c, c.zClean(i), i, 1) / 6),
        row(new Iad(0.1, 1.5, 2, 0.3, GUIDE), ObjectiveTwinsTest::iad),
        new Row(new Iad(0.1, 1.5, 2, 0.3, GUIDE), EARLY, (c, b, i) -> taught(c, c.zWorst(i), i, 2)),
        row(
            new KdAt(0.3, 0.1, 0.6, 2, Guide.given("natural"), GUIDE),
            (c, b, i) -> 0.3 * c.crossEntropy(c.zWorst(i), i) + 0.7 * taughtOnWorst(c, i, 2)),
        row(
            new Hybrid(
                List.of(
                    new Hybrid.Term(0.25, new Standard()),
                    new Hybrid.Term(0.5, new PgdAt()),
                    new Hybrid.Term(0, new Mart(5)),
                    new Hybrid.Term(2, Trades.beta(3)))),
            (c, b, i) ->
                0.25 * c.crossEntropy(c.zClean(i), i)
                    + 0.5 * c.crossEntropy(c.zWorst(i), i)
                    + 2 * (c.crossEntropy(c.zClean(i), i) + 3 * kl(c.zClean(i), c.zMirrored(i)))),
        new Row(RAMPED, EARLY, (c, b, i) -> ramped(c, i, 0.92, 0.4, 0)),
        row(RAMPED, (c, b, i) -> ramped(c, i, 0.28, 2, 3)),
        row(new Mma(1.5, 1.0 / 3, 10), ObjectiveTwinsTest::mma),
        row(new Cat(0.5, 0.4, 2), ObjectiveTwinsTest::cat),
        row(
            new Iat(3, 0.5),
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i) + 3 * kl(c.zMirrored(i), c.zWorst(i))),
        row(new FastBat(0.3, 0.7), (c, b, i) -> fastBat(c, b, i, 0.3, 0.7)),
        row(new FastBat(40, 0.1), (c, b, i) -> fastBat(c, b, i, 40, 0.1)),
        new Row(
            new UnionAverage(),
            LATE,
            ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3)),
            (c, b, i) -> (c.crossEntropy(c.zWorst(i), i) + c.crossEntropy(c.zMirrored(i), i)) / 2),
        new Row(
            new Msd(),
            LATE,
            ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3)),
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        new Row(
            new UnionSampling(3, 50),
            LATE,
            ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3)),
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        row(new InputGradient(0.7), ObjectiveTwinsTest::inputGradient),
        row(new Jacobian(0.3, 2), ObjectiveTwinsTest::jacobian),
        row(new Curvature(4, 0.5, 0.2), (c, b, i) -> curvature(c, b, i, 0.5)),
        new Row(new Curvature(4, 0.5, 0.2), EARLY, (c, b, i) -> curvature(c, b, i, 0.25)),
        row(
            new FeaturePairing(0.8, 0.5, Optional.empty()),
            (c, b, i) -> featurePairing(c, b, i, 0.8, 3)),
        row(new FeaturePairing(2, 0, Optional.empty()), (c, b, i) -> featurePairing(c, b, i, 2, 1)),
        row(new Vat(2, 0.5, 0.1, 1), (c, b, i) -> vat(c, b, i, 1)),
        row(new Vat(2, 0.5, 0.1, 3), (c, b, i) -> vat(c, b, i, 3)),
        row(new AugMixConsistency(12, 2, false), (c, b, i) -> augMix(c, i, false)),
        row(new AugMixConsistency(12, 2, true), (c, b, i) -> augMix(c, i, true)),
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
        row(new Macer(0.25, 4, 12, 8, 3), ObjectiveTwinsTest::macer),
        row(
            new Ibp(0.5, RAMP),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i) / 2 + bound(c, one(c.clean(), i), i, 0.2) / 2),
        new Row(
            new Ibp(0.5, RAMP),
            HALF,
            (c, b, i) ->
                0.75 * c.crossEntropy(c.zClean(i), i) + bound(c, one(c.clean(), i), i, 0.1) / 4),
        new Row(new Ibp(0.5, RAMP), 0.05, (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(
            new CrownIbp(0.5, 0, RAMP),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i) / 2 + bound(c, one(c.clean(), i), i, 0.2) / 2),
        // beyond its last layer this network has no affine one: intervals and lines agree
        row(
            new CrownIbp(0.5, 0.7, RAMP),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i) / 2 + bound(c, one(c.clean(), i), i, 0.2) / 2),
        new Row(
            new CrownIbp(0.5, 0, RAMP),
            HALF,
            (c, b, i) ->
                0.75 * c.crossEntropy(c.zClean(i), i) + bound(c, one(c.clean(), i), i, 0.1) / 4),
        row(new Sabr(0.4, RAMP), (c, b, i) -> bound(c, one(c.worst(), i), i, 0.08)),
        new Row(new Sabr(0.4, RAMP), 0.05, (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(
            new MtlIbp(0.3, RAMP),
            (c, b, i) ->
                0.7 * c.crossEntropy(c.zWorst(i), i) + 0.3 * bound(c, one(c.clean(), i), i, 0.2)),
        new Row(new MtlIbp(0.3, RAMP), 0.05, (c, b, i) -> c.crossEntropy(c.zClean(i), i)),
        row(
            new Hybrid(
                List.of(
                    new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(2, new InputGradient(0.7)))),
            (c, b, i) ->
                c.crossEntropy(c.zWorst(i), i)
                    + 2 * 0.7 * square(c.gradient(one(c.clean(), i), i))));
  }

  private static double ramped(TwinCase c, int i, double clean, double worst, double trades) {
    double beyond = c.crossEntropy(c.zClean(i), i) + 4 * kl(c.zClean(i), c.zMirrored(i));
    return clean * c.crossEntropy(c.zClean(i), i)
        + worst * c.crossEntropy(c.zWorst(i), i)
        + trades * beyond;
  }

  /** Cross-entropy with every class as high above the label as intervals allow. */
  private static double bound(TwinCase c, double[] x, int i, double radius) {
    double[] low = new double[TwinCase.HIDDEN];
    double[] high = new double[TwinCase.HIDDEN];
    for (int h = 0; h < TwinCase.HIDDEN; h++) {
      for (int k = 0; k < TwinCase.IN; k++) {
        double weight = c.a()[k * TwinCase.HIDDEN + h];
        low[h] += weight * x[k] - radius * Math.abs(weight);
        high[h] += weight * x[k] + radius * Math.abs(weight);
      }
    }
    double sum = 0;
    for (int k = 0; k < K; k++) {
      double above = 0;
      for (int h = 0; h < TwinCase.HIDDEN; h++) {
        double weight = c.b()[h * K + k] - c.b()[h * K + c.label(i)];
        above += Math.max(weight * Math.tanh(low[h]), weight * Math.tanh(high[h]));
      }
      sum += Math.exp(above);
    }
    return Math.log(sum);
  }

  /** Of a sample that is seen for the first time: its radius is the step or still 0. */
  private static double cat(TwinCase c, TwinCase before, int i) {
    double[] z = before.zWorst(i);
    double spread = TwinCase.argmax(z) == c.label(i) ? 0.5 * 0.4 : 0;
    double[] drawn = Variates.dirichlet(K, 2, TwinShard.seedsOf("labels").get(i).generator());
    double[] log = logSoftmax(c.zWorst(i));
    double loss = -(1 - spread) * log[c.label(i)];
    for (int k = 0; k < K; k++) {
      loss -= spread * drawn[k] * log[k];
    }
    return loss;
  }

  /** The second step is taken with the weights before; through it goes only its own derivative. */
  private static double fastBat(TwinCase c, TwinCase before, int i, double step, double implicit) {
    double[] clean = one(c.clean(), i);
    double[] near = one(c.worst(), i);
    double[] wanted = TwinCase.plus(near, before.gradient(near, i), step);
    double[] end = new double[wanted.length];
    for (int k = 0; k < end.length; k++) {
      double low = Math.max(clean[k] - 0.2, -1);
      double high = Math.min(clean[k] + 0.2, 2);
      end[k] = Math.min(Math.max(wanted[k], low), high);
    }
    double[] pull = before.gradient(end, i);
    double[] now = c.gradient(near, i);
    double[] then = before.gradient(near, i);
    double through = 0;
    for (int k = 0; k < end.length; k++) {
      through += end[k] == wanted[k] ? (now[k] - then[k]) * pull[k] : 0;
    }
    return c.crossEntropy(c.z(end), i) + implicit * through;
  }

  private static double mma(TwinCase c, TwinCase before, int i) {
    boolean right = TwinCase.argmax(before.zClean(i)) == c.label(i);
    return c.crossEntropy(c.zClean(i), i) / 3
        + c.crossEntropy(right ? c.zWorst(i) : c.zClean(i), i) * 2 / 3;
  }

  private static double inputGradient(TwinCase c, TwinCase before, int i) {
    double[] x = one(c.clean(), i);
    return c.crossEntropy(c.z(x), i) + 0.7 * square(c.gradient(x, i));
  }

  /** Normal numbers as an objective draws them: of a sample, of one of its streams or its own. */
  private static double[] drawn(String purpose, int i, int stream, int count) {
    Seed own = TwinShard.seedsOf(purpose).get(i);
    try (Scope scope = Scope.open()) {
      return Rng.of(stream < 0 ? own : own.split(stream)).normal(count).toDoubles();
    }
  }

  private static double[] noisy(double[] inputs, String purpose, int i, int stream) {
    return TwinCase.plus(one(inputs, i), drawn(purpose, i, stream, TwinCase.IN), 0.25);
  }

  private static double jacobian(TwinCase c, TwinCase before, int i) {
    double[] x = one(c.clean(), i);
    double sum = 0;
    for (int p = 0; p < 2; p++) {
      sum += square(c.pullBack(x, TwinCase.unit(drawn("jacobian", i, p, K))));
    }
    return c.crossEntropy(c.z(x), i) + 0.3 / 2 * K * sum / 2;
  }

  private static double curvature(TwinCase c, TwinCase before, int i, double h) {
    double[] x = one(c.clean(), i);
    double[] sign = DoubleStream.of(before.gradient(x, i)).map(Math::signum).toArray();
    double[] moved = TwinCase.plus(x, TwinCase.unit(sign), h);
    return c.crossEntropy(c.z(x), i) + 4 * squareDistance(c.gradient(moved, i), c.gradient(x, i));
  }

  /** The hidden units that move most, of so many. */
  private static double featurePairing(
      TwinCase c, TwinCase before, int i, double lambda, int count) {
    double[] moved = new double[TwinCase.HIDDEN];
    for (int h = 0; h < TwinCase.HIDDEN; h++) {
      double change = 0;
      double size = 0;
      for (int j = 0; j < N; j++) {
        double clean = before.hidden(one(before.clean(), j), h);
        change += Math.abs(before.hidden(one(before.worst(), j), h) - clean);
        size += Math.abs(clean);
      }
      moved[h] = change / size;
    }
    double bound = DoubleStream.of(moved).sorted().toArray()[TwinCase.HIDDEN - count];
    double sum = 0;
    for (int h = 0; h < TwinCase.HIDDEN; h++) {
      double change = c.hidden(one(c.worst(), i), h) - c.hidden(one(c.clean(), i), h);
      sum += moved[h] >= bound ? change * change : 0;
    }
    return c.crossEntropy(c.zClean(i), i) + lambda * sum / count;
  }

  private static double vat(TwinCase c, TwinCase before, int i, int iterations) {
    double[] x = one(c.clean(), i);
    double[] d = TwinCase.unit(drawn("vat", i, -1, TwinCase.IN));
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
      float[] pixels = new float[TwinCase.IN];
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = (float) one(c.clean(), i)[k];
      }
      RandomGenerator random = TwinShard.seedsOf("augmix").get(i).split(v).generator();
      AugMixConsistency.MIX.apply(pixels, 1, 2, 2, random);
      double[] mixed = new double[TwinCase.IN];
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

  private static double macer(TwinCase c, TwinCase before, int i) {
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
    return loss + (margin >= 0 && margin <= 8 ? 12 * 0.25 / 2 * (8 - margin) : 0);
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

  private static double trades(TwinCase c, int i, double beta) {
    return c.crossEntropy(c.zClean(i), i) + beta * kl(c.zClean(i), c.zWorst(i));
  }

  private static double mart(TwinCase c, TwinCase before, int i) {
    double[] worst = softmax(c.zWorst(i));
    double boosted = c.crossEntropy(c.zWorst(i), i) - Math.log(1 - maxBut(worst, c.label(i)));
    double doubt = 1 - softmax(c.zClean(i))[c.label(i)];
    return boosted + 5 * doubt * kl(c.zClean(i), c.zWorst(i));
  }

  private static double alp(TwinCase c, TwinCase before, int i) {
    return 0.7 * c.crossEntropy(c.zClean(i), i)
        + 0.3 * c.crossEntropy(c.zWorst(i), i)
        + 0.7 * squareDistance(c.zClean(i), c.zWorst(i)) / K;
  }

  private static double score(TwinCase c, int i, double clip) {
    double[] p = softmax(c.zClean(i));
    double[] wanted = new double[K];
    for (int k = 0; k < K; k++) {
      wanted[k] = c.target(i, k);
    }
    double difference = squareDistance(softmax(c.zWorst(i)), p);
    return squareDistance(p, wanted) + 4 * Math.max(0, difference - clip);
  }

  private static double[] mail(TwinCase c, double slope, double bias) {
    double[] weights = new double[N];
    for (int i = 0; i < N; i++) {
      double[] p = softmax(c.zWorst(i));
      double margin = p[c.label(i)] - maxBut(p, c.label(i));
      weights[i] = 1 / (1 + Math.exp(slope * (margin - bias)));
    }
    return meanOne(weights);
  }

  private static double[] gairat(double lambda) {
    double[] weights = new double[N];
    for (int i = 0; i < N; i++) {
      double share = (double) TwinShard.withstood(i) / TwinShard.STEPS;
      weights[i] = (1 + Math.tanh(lambda + 5 * (1 - 2 * share))) / 2;
    }
    return meanOne(weights);
  }

  private static double hinge(TwinCase c, int i, double... margins) {
    double[] z = c.zWorst(i);
    double sum = 0;
    for (int k = 0; k < K; k++) {
      sum += k == c.label(i) ? 0 : Math.max(0, margins[c.label(i)] - z[c.label(i)] + z[k]);
    }
    return sum;
  }

  private static double classMargin(TwinCase c, TwinCase before, int i) {
    double[] z = c.zWorst(i);
    z[c.label(i)] -= new double[] {0.5, 2, 4}[c.label(i)];
    return c.crossEntropy(z, i);
  }

  private static double help(TwinCase c, int i, double reach) {
    double[] clean = one(c.clean(), i);
    double[] worst = one(c.worst(), i);
    double[] beyond = TwinCase.plus(clean, TwinCase.plus(worst, clean, -1), reach);
    return -logSoftmax(c.z(beyond))[TwinCase.argmax(c.zGuide(worst))];
  }

  private static double defensive(TwinCase c, TwinCase before, int i) {
    double[] wanted = softmax(times(c.zGuide(one(c.clean(), i)), 1.0 / 4));
    double[] log = logSoftmax(times(c.zClean(i), 1.0 / 4));
    return -IntStream.range(0, K).mapToDouble(k -> wanted[k] * log[k]).sum();
  }

  /** T^2 KL from the guide's clean prediction, both at temperature T. */
  private static double taught(TwinCase c, double[] z, int i, double t) {
    return t * t * kl(times(c.zGuide(one(c.clean(), i)), 1 / t), times(z, 1 / t));
  }

  /** T^2 KL from the guide's prediction on the worst case, both at temperature T. */
  private static double taughtOnWorst(TwinCase c, int i, double t) {
    double[] wanted = times(c.zGuide(one(c.worst(), i)), 1 / t);
    return t * t * kl(wanted, times(c.zWorst(i), 1 / t));
  }

  private static double iad(TwinCase c, TwinCase before, int i) {
    double trust = Math.pow(softmax(c.zGuide(one(c.worst(), i)))[c.label(i)], 0.1);
    double own = 4 * kl(times(c.zClean(i), 0.5), times(c.zWorst(i), 0.5)); // at temperature 2
    return trust * taught(c, c.zWorst(i), i, 2) + 1.5 * (1 - trust) * own;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void lossAndGradientEqualTheSlowTwin(Row row) {
    equalTheTwin(row, 0, 5);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("rows")
  void lossAndGradientEqualTheSlowTwinOnManyNetworks(Row row) {
    equalTheTwin(row, 5, 20);
  }

  private static void equalTheTwin(Row row, long from, long to) {
    for (long seed = from; seed < to; seed++) {
      TwinCase c = TwinCase.random(seed);
      ToDoubleFunction<TwinCase> twin =
          now -> IntStream.range(0, N).mapToDouble(i -> row.twin().loss(now, c, i)).sum();
      try (Scope scope = Scope.open()) {
        Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN).asLeaf();
        Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K).asLeaf();
        TwinShard shard =
            new TwinShard(c, a, b, row.progress(), row.threat(), row.objective().needsImages());
        Tensor losses = row.objective().loss(shard).perSample();
        double[] each = losses.toDoubles();
        for (int i = 0; i < N; i++) {
          assertThat(each[i]).as("sample " + i).isCloseTo(row.twin().loss(c, c, i), within(1e-6));
        }
        double[] found =
            Autograd.grad(losses.sum(), List.of(a, b), false).stream()
                .flatMapToDouble(g -> DoubleStream.of(g.toDoubles()))
                .toArray();
        for (int p = 0; p < found.length; p++) {
          double h = 1e-5;
          double up = twin.applyAsDouble(c.with(p, h));
          double down = twin.applyAsDouble(c.with(p, -h));
          assertThat(found[p]).as("parameter " + p).isCloseTo((up - down) / (2 * h), within(1e-5));
        }
      }
    }
  }

  /** Which of two teachers has which weight. */
  @Test
  void theTwoTeachersAreToldApart() {
    TwinCase c = TwinCase.random(3);
    Guide natural = Guide.given("natural");
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K);
      ShardContext shard =
          new ForwardingShard(new TwinShard(c, a, b, LATE, TwinShard.THREAT, false)) {
            @Override
            public Tensor guideLogits(Guide guide, Tensor x) {
              Tensor logits = super.guideLogits(guide, x);
              return guide.equals(natural) ? logits.mul(-1) : logits;
            }
          };
      double[] losses =
          new KdAt(0.5, 0.2, 3, 2, natural, GUIDE).loss(shard).perSample().toDoubles();
      for (int i = 0; i < N; i++) {
        double[] guide = times(c.zGuide(one(c.worst(), i)), 0.5);
        double[] student = times(c.zWorst(i), 0.5);
        double expected =
            0.5 * c.crossEntropy(c.zWorst(i), i)
                + 4 * (0.2 * kl(times(guide, -1), student) + 3 * kl(guide, student));
        assertThat(losses[i]).isCloseTo(expected, within(1e-6));
      }
    }
  }

  /** A new objective needs a twin. */
  @Test
  void everyObjectiveHasATwin() {
    assertThat(rows().map(r -> r.objective().name()).distinct())
        .containsExactlyInAnyOrderElementsOf(Objectives.names());
  }
}
