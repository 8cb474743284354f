package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.kl;
import static io.holdfast.train.objective.TwinCase.logSoftmax;
import static io.holdfast.train.objective.TwinCase.maxBut;
import static io.holdfast.train.objective.TwinCase.meanOne;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.squareDistance;
import static io.holdfast.train.objective.TwinRow.EARLY;
import static io.holdfast.train.objective.TwinRow.LATE;
import static io.holdfast.train.objective.TwinRow.row;

import io.holdfast.common.Variates;
import io.holdfast.threat.ThreatModel;
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
import java.util.List;
import java.util.stream.Stream;

/** Twins of adversarial objectives. */
final class AdversarialTwins {
  private AdversarialTwins() {}

  static Stream<TwinRow> rows() {
    return Stream.of(
        row(new Mart(5), AdversarialTwins::mart),
        row(new Alp(0.7, 0.3), AdversarialTwins::alp),
        row(new Score(4, 0), (c, b, i) -> score(c, i, 4, 0)),
        row(new Score(4, 0.05), (c, b, i) -> score(c, i, 4, 0.05)),
        row(new Score(0, 0), (c, b, i) -> score(c, i, 0, 0)),
        row(
            new Mail(Mail.Base.PGD_AT, 10, 0.5, 6, 0.6),
            (c, b, i) -> mail(b, 10, 0.5)[i] * c.crossEntropy(c.zWorst(i), i)),
        row(
            new Mail(Mail.Base.TRADES, 2, -0.2, 6, 0.6),
            (c, b, i) ->
                c.crossEntropy(c.zClean(i), i)
                    + 6 * mail(b, 2, -0.2)[i] * kl(c.zClean(i), c.zWorst(i))),
        row(
            new Mail(Mail.Base.MART, 3, 0.1, 4, 0.6),
            (c, b, i) -> mail(b, 3, 0.1)[i] * boosted(c, i) + 4 * doubted(c, i)),
        new TwinRow(
            new Mail(Mail.Base.PGD_AT, 10, 0.5, 6, 0.6),
            EARLY,
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        row(new Gairat(-1, 0.6), (c, b, i) -> gairat(-1)[i] * c.crossEntropy(c.zWorst(i), i)),
        new TwinRow(new Gairat(-1, 0.6), EARLY, (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
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
            AdversarialTwins::classMargin),
        row(new Mma(1.5, 1.0 / 3, 10), AdversarialTwins::mma),
        row(new Cat(0.5, 0.4, 2), AdversarialTwins::cat),
        row(
            new Iat(3, 0.5),
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i) + 3 * kl(c.zMirrored(i), c.zWorst(i))),
        row(new FastBat(0.3, 0.7), (c, b, i) -> fastBat(c, b, i, 0.3, 0.7)),
        row(new FastBat(40, 0.1), (c, b, i) -> fastBat(c, b, i, 40, 0.1)),
        new TwinRow(
            new UnionAverage(),
            LATE,
            ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3)),
            (c, b, i) -> (c.crossEntropy(c.zWorst(i), i) + c.crossEntropy(c.zMirrored(i), i)) / 2),
        new TwinRow(
            new Msd(),
            LATE,
            ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3)),
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i)),
        new TwinRow(
            new UnionSampling(3, 50),
            LATE,
            ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3)),
            (c, b, i) -> c.crossEntropy(c.zWorst(i), i)));
  }

  static double trades(TwinCase c, int i, double beta) {
    return c.crossEntropy(c.zClean(i), i) + beta * kl(c.zClean(i), c.zWorst(i));
  }

  static double mart(TwinCase c, TwinCase before, int i) {
    return boosted(c, i) + 5 * doubted(c, i);
  }

  private static double boosted(TwinCase c, int i) {
    double rival = maxBut(softmax(c.zWorst(i)), c.label(i));
    return c.crossEntropy(c.zWorst(i), i) - Math.log(1 - rival);
  }

  private static double doubted(TwinCase c, int i) {
    return (1 - softmax(c.zClean(i))[c.label(i)]) * kl(c.zClean(i), c.zWorst(i));
  }

  private static double alp(TwinCase c, TwinCase before, int i) {
    return 0.7 * c.crossEntropy(c.zClean(i), i)
        + 0.3 * c.crossEntropy(c.zWorst(i), i)
        + 0.7 * squareDistance(c.zClean(i), c.zWorst(i)) / K;
  }

  private static double score(TwinCase c, int i, double beta, double clip) {
    double[] p = softmax(c.zClean(i));
    double[] wanted = new double[K];
    for (int k = 0; k < K; k++) {
      wanted[k] = c.target(i, k);
    }
    double difference = squareDistance(softmax(c.zWorst(i)), p);
    return squareDistance(p, wanted) + beta * Math.max(0, difference - clip);
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

  private static double mma(TwinCase c, TwinCase before, int i) {
    boolean right = TwinCase.argmax(before.zClean(i)) == c.label(i);
    return c.crossEntropy(c.zClean(i), i) / 3
        + c.crossEntropy(right ? c.zWorst(i) : c.zClean(i), i) * 2 / 3;
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
}
