package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.kl;
import static io.holdfast.train.objective.TwinCase.logSoftmax;
import static io.holdfast.train.objective.TwinCase.maxBut;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.squareDistance;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.common.Seed;
import io.holdfast.common.Variates;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.threat.Additive;
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
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.certified.SmoothAdv;
import io.holdfast.train.objective.consistency.AugMixConsistency;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.distil.Ard;
import io.holdfast.train.objective.distil.Hat;
import io.holdfast.train.objective.distil.Iad;
import io.holdfast.train.objective.distil.KdAt;
import io.holdfast.train.objective.distil.Lbgat;
import io.holdfast.train.objective.distil.Rslad;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What each objective searches for, in plain doubles. */
final class SearchCases {
  private static final Guide GUIDE = Guide.given("teacher");
  private static final double LATE = 0.9;
  private static final double MID = 0.21875;
  private static final Ramp RAMP = new Ramp(0.1, 0.2); // half the strength at MID
  static final ThreatModel BALL = TwinShard.THREAT;
  private static final ThreatModel UNION = ThreatModel.union(BALL, ThreatModel.l2(0.3));

  static final Sought CE = new Sought(SearchCases::ce, Start.UNIFORM, 1);
  private static final Sought KL = new Sought(SearchCases::divergence, Start.SMALL_NORMAL, 1);
  private static final Sought INVERSE = new Sought((c, x, i) -> -ce(c, x, i), Start.CLEAN, 0.5);
  private static final Sought SOFT = new Sought(SearchCases::soft, Start.UNIFORM, 1, 0.5, -1);

  private SearchCases() {}

  /** The loss of sample i at x that a search is to raise. */
  interface Raised {
    double at(TwinCase c, double[] x, int i);
  }

  /**
   * One search.
   *
   * @param loss in plain doubles
   * @param start where it begins
   * @param radius as a part of the threat model's
   * @param own factor by which samples are nearer to their clean inputs than the search is
   * @param member of the union in which it is made, -1 for all
   */
  record Sought(Raised loss, Start start, double radius, double own, int member) {
    Sought(Raised loss, Start start, double radius) {
      this(loss, start, radius, 1, -1);
    }

    Additive ball(ThreatModel threat) {
      return (Additive) threat.withEpsilon(threat.epsilon() * radius).set();
    }

    List<ThreatModel> members(ThreatModel threat) {
      return member < 0 ? threat.members() : List.of(threat.members().get(member));
    }
  }

  record Row(Objective objective, ThreatModel threat, double progress, List<Sought> searches) {
    @Override
    public String toString() {
      return objective + " against " + threat.name();
    }
  }

  static Row row(Objective objective, Sought... searches) {
    return new Row(objective, BALL, LATE, List.of(searches));
  }

  static Row row(Objective objective, Raised loss) {
    return row(objective, new Sought(loss, Start.UNIFORM, 1));
  }

  private static Row union(Objective objective, Sought... searches) {
    return new Row(objective, UNION, LATE, List.of(searches));
  }

  /** Those that are the plain ascent of a loss. */
  static Stream<Row> ascents() {
    return Stream.of(
        row(new PgdAt(), CE),
        row(Trades.beta(6), KL),
        row(new Mart(5), CE),
        row(new Alp(0.5, 0.5), CE),
        row(new Score(4, 0), SearchCases::squaredError),
        union(new Score(4, 0), new Sought(SearchCases::squaredError, Start.UNIFORM, 1)),
        row(new Mail(Mail.Base.PGD_AT, 10, 0.5, 6, 0.6), CE),
        row(new Mail(Mail.Base.TRADES, 10, 0.5, 6, 0.6), KL),
        row(new Mail(Mail.Base.MART, 10, 0.5, 6, 0.6), CE),
        row(new Gairat(-1, 0.6), CE),
        union(new Gairat(-1, 0.6), CE),
        row(new Cat(0.5, 0.4, 2), SOFT),
        union(new Cat(0.5, 0.4, 2), SOFT),
        row(new Iat(3, 0.5), CE, INVERSE),
        union(new Iat(3, 0.5), CE, INVERSE),
        row(new Margins(Margins.Kind.HINGE, List.of(1.0)), SearchCases::margin),
        row(new Margins(Margins.Kind.CW, List.of(1.0)), SearchCases::margin),
        row(new Margins(Margins.Kind.CROSS_ENTROPY, List.of(0.5)), CE),
        row(new Hat(2.5, 0.5, 2, Guide.given("helper")), KL),
        row(new Lbgat(1, 6, Guide.given("natural")), KL),
        row(new Ard(0.5, 30, GUIDE), CE),
        row(KdAt.SPEC.usual(), CE),
        row(UnionSampling.SPEC.usual(), CE),
        row(new Rslad(0.5, GUIDE), new Sought(SearchCases::taught, Start.SMALL_NORMAL, 1)),
        row(new Iad(0.1, 1, 1, 0.3, GUIDE), CE),
        row(new AugMixConsistency(12, 1, true), CE),
        row(new FeaturePairing(1, 0.25, Optional.empty()), CE),
        union(
            new UnionAverage(),
            new Sought(SearchCases::ce, Start.UNIFORM, 1, 1, 0),
            new Sought(SearchCases::ce, Start.UNIFORM, 1, 1, 1)),
        row(new SmoothAdv(0.25, 4), SearchCases::smoothed),
        new Row(
            new Sabr(0.4, RAMP),
            BALL,
            MID,
            List.of(new Sought(SearchCases::ce, Start.UNIFORM, 0.3))),
        new Row(
            new MtlIbp(0.3, RAMP),
            BALL,
            MID,
            List.of(new Sought(SearchCases::ce, Start.UNIFORM, 0.5))),
        row(
            new Hybrid(
                List.of(new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(1, Trades.beta(6)))),
            CE,
            KL));
  }

  static Stream<Row> all() {
    return Stream.concat(
        ascents(),
        Stream.of(
            row(new Mma(1.5, 1.0 / 3, 10), new Sought(SearchCases::ce, Start.UNIFORM, 1.5 * 1.05)),
            row(new FastBat(1, 0.1), CE),
            union(UnionSampling.SPEC.usual(), CE),
            union(new Msd(), CE)));
  }

  static double ce(TwinCase c, double[] x, int i) {
    return -logSoftmax(c.z(x))[c.label(i)];
  }

  private static double divergence(TwinCase c, double[] x, int i) {
    return kl(c.zClean(i), c.z(x));
  }

  private static double taught(TwinCase c, double[] x, int i) {
    return kl(c.zGuide(one(c.clean(), i)), c.z(x));
  }

  private static double squaredError(TwinCase c, double[] x, int i) {
    return squareDistance(softmax(c.z(x)), softmax(c.zClean(i)));
  }

  private static double margin(TwinCase c, double[] x, int i) {
    double[] z = c.z(x);
    return maxBut(z, c.label(i)) - z[c.label(i)];
  }

  /** At half the radius, of which the label loses 0.4. */
  private static double soft(TwinCase c, double[] x, int i) {
    double[] drawn = Variates.dirichlet(3, 2, TwinShard.seedsOf("labels").get(i).generator());
    double[] log = logSoftmax(c.z(x));
    double loss = -0.8 * log[c.label(i)];
    for (int k = 0; k < drawn.length; k++) {
      loss -= 0.2 * drawn[k] * log[k];
    }
    return loss;
  }

  /** Cross-entropy of the mean prediction over the draws of noise. */
  private static double smoothed(TwinCase c, double[] x, int i) {
    Seed own = TwinShard.seedsOf("smoothing").get(i);
    double sum = 0;
    try (Scope scope = Scope.open()) {
      for (int d = 0; d < 4; d++) {
        double[] noise = Rng.of(own.split(d)).normal(x.length).toDoubles();
        sum += softmax(c.z(TwinCase.plus(x, noise, 0.25)))[c.label(i)] / 4;
      }
    }
    return -Math.log(sum);
  }
}
