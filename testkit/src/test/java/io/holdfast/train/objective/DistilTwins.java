package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.kl;
import static io.holdfast.train.objective.TwinCase.logSoftmax;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.squareDistance;
import static io.holdfast.train.objective.TwinCase.times;
import static io.holdfast.train.objective.TwinRow.EARLY;
import static io.holdfast.train.objective.TwinRow.row;

import io.holdfast.train.objective.distil.Ard;
import io.holdfast.train.objective.distil.DefensiveDistillation;
import io.holdfast.train.objective.distil.Hat;
import io.holdfast.train.objective.distil.Iad;
import io.holdfast.train.objective.distil.KdAt;
import io.holdfast.train.objective.distil.Lbgat;
import io.holdfast.train.objective.distil.Rslad;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Twins of objectives that learn from other models. */
final class DistilTwins {
  /** Whose guide is trained beside. */
  static final Lbgat BESIDE = new Lbgat(2, 6, Guide.beside("natural"));

  private static final Guide GUIDE = Guide.given("teacher");

  private DistilTwins() {}

  static Stream<TwinRow> rows() {
    return Stream.of(
        row(
            new Hat(2.5, 0.5, 2, Guide.given("helper")),
            (c, b, i) -> AdversarialTwins.trades(c, i, 2.5) + 0.5 * help(c, i, 2)),
        row(
            new Lbgat(2, 6, Guide.given("natural")),
            (c, b, i) ->
                2 * squareDistance(c.zWorst(i), c.zGuide(one(c.clean(), i))) / K
                    + 6 * kl(c.zClean(i), c.zWorst(i))),
        row(new Lbgat(0, 6, Guide.given("natural")), (c, b, i) -> 6 * kl(c.zClean(i), c.zWorst(i))),
        row(
            new Lbgat(2, 0, Guide.given("natural")),
            (c, b, i) -> 2 * squareDistance(c.zWorst(i), c.zGuide(one(c.clean(), i))) / K),
        row(BESIDE, DistilTwins::beside),
        row(new DefensiveDistillation(4, GUIDE), DistilTwins::defensive),
        row(new Ard(1, 30, GUIDE), (c, b, i) -> taught(c, c.zWorst(i), i, 30)),
        row(
            new Ard(0.7, 3, GUIDE),
            (c, b, i) -> 0.7 * taught(c, c.zWorst(i), i, 3) + 0.3 * c.crossEntropy(c.zClean(i), i)),
        row(
            new Rslad(5.0 / 6, GUIDE),
            (c, b, i) -> 5.0 / 6 * taught(c, c.zWorst(i), i, 1) + taught(c, c.zClean(i), i, 1) / 6),
        row(new Rslad(0, GUIDE), (c, b, i) -> taught(c, c.zClean(i), i, 1)),
        row(new Rslad(1, GUIDE), (c, b, i) -> taught(c, c.zWorst(i), i, 1)),
        row(new Iad(0.1, 1.5, 2, 0.3, GUIDE), DistilTwins::iad),
        new TwinRow(
            new Iad(0.1, 1.5, 2, 0.3, GUIDE), EARLY, (c, b, i) -> taught(c, c.zWorst(i), i, 2)),
        row(
            new KdAt(0.3, 0.1, 0.6, 2, Guide.given("natural"), GUIDE),
            (c, b, i) -> 0.3 * c.crossEntropy(c.zWorst(i), i) + 0.7 * taughtOnWorst(c, i, 2)));
  }

  static double beside(TwinCase c, TwinCase before, int i) {
    double[] natural = c.zGuide(one(c.clean(), i));
    return 2 * squareDistance(c.zWorst(i), natural) / K
        + 6 * kl(c.zClean(i), c.zWorst(i))
        + c.crossEntropy(natural, i);
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
}
