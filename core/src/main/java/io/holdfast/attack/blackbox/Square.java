package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Records;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Square Attack (Andriushchenko et al. 2020, algorithms 1 to 3; in the L1 ball as in Croce and Hein
 * 2021, appendix): random search whose proposals change square windows that shrink as queries are
 * spent. Raises the margin, or towards a target minus its cross-entropy.
 *
 * @param queries per sample and round, the first point included, at least 1
 * @param pInit share of the pixels in the first windows, in [0, 1]
 * @param stretched whether the schedule of window sizes, made for 10,000 queries, is stretched to
 *     the queries there are, as in the paper; by default where they are not the {@value #USUAL} of
 *     AutoAttack, whose component this is by default
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Square(int queries, double pInit, Optional<Boolean> stretched, int restarts)
    implements ScoreAttack<Square> {
  private static final int USUAL = 5000;

  /** The registry's line. */
  public static final AttackSpec<Square> SPEC =
      new AttackSpec<>(
          "square",
          "random search by square windows that shrink",
          AttackSpec.BALLS,
          "Andriushchenko et al. 2020, algorithms 1 to 3; Croce and Hein 2021 for L1",
          queries(USUAL),
          List.of(
              Knobs.count(
                  "queries", "queries per round, at least 1", Square::queries, Square::withQueries),
              Knobs.share(
                  "p_init", "share of pixels in the first windows", Square::pInit, Square::pInit),
              Knobs.ownFlag(
                  "resc_schedule",
                  "false at " + USUAL + " queries, as in AutoAttack, else true",
                  "whether the schedule is stretched to the queries",
                  Square::stretched,
                  Square::rescale),
              Knobs.restarts(Square::restarts)));

  public Square {
    ScoreAttack.requireCount("square", "queries", queries);
    ScoreAttack.require("square", "p_init", "a number in [0, 1]", pInit >= 0 && pInit <= 1, pInit);
    ScoreAttack.requireCount("square", "restarts", restarts);
  }

  /** AutoAttack's settings but for the number of queries, which there is 5,000. */
  public static Square queries(int number) {
    return new Square(number, 0.8, Optional.empty(), 1);
  }

  private Square withQueries(int number) {
    return Records.with(this, "queries", number);
  }

  public Square pInit(double share) {
    return Records.with(this, "pInit", share);
  }

  /** With the schedule stretched to the queries, or not. */
  public Square rescale(boolean stretch) {
    return Records.with(this, "stretched", Optional.of(stretch));
  }

  public Square restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  /**
   * The share of pixels in a window.
   *
   * @param step proposals made before, from 0
   * @param planned queries that there are
   */
  double share(int step, int planned) {
    return Schedule.SQUARE.share(pInit, step, planned, stretched.orElse(planned != USUAL));
  }

  @Override
  public AttackSpec<Square> spec() {
    return SPEC;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    return canvas.norm() == Norm.LINF
        ? new FlatSquares(this, planned, canvas, clean, random)
        : new PeakedSquares(this, planned, canvas, clean, random);
  }
}
