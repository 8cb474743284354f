package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Bandits-TD (Ilyas et al. 2019, algorithms 2 and 3): steps along a prior, an image of few tiles,
 * that a bandit algorithm learns from the difference of two scores per step. Raises the
 * cross-entropy, or lowers that of the target. Defaults are the authors' for each norm, steps as
 * parts of epsilon.
 *
 * @param queries per sample and round, at least 1; a step takes three: its point, which the authors
 *     do not count, and a pair
 * @param tile side of the prior in tiles, at most those of the image; by default a quarter of the
 *     image's, at least 4
 * @param exploration size of the noise on the prior; by default 1, in L2 0.01
 * @param distance of the pair from the point, as a Euclidean length; by default 0.1, in L2 0.01
 * @param priorRate learning rate of the prior; by default 100, in L2 0.1
 * @param relativeStep length of a step as a part of epsilon; by default 0.2, in L2 0.1
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Bandits(
    int queries,
    OptionalInt tile,
    OptionalDouble exploration,
    OptionalDouble distance,
    OptionalDouble priorRate,
    OptionalDouble relativeStep,
    int restarts)
    implements ScoreAttack<Bandits> {
  private static final String NAME = "bandits";
  private static final int SHARE = 4;

  /** The registry's line. */
  public static final AttackSpec<Bandits> SPEC =
      new AttackSpec<>(
          NAME,
          "steps along a tiled prior that two scores per step teach",
          List.of("linf", "l2"),
          "Ilyas et al. 2019, algorithms 2 and 3",
          queries(10_000),
          List.of(
              Knobs.count(
                  "queries",
                  "queries per round, at least 1",
                  Bandits::queries,
                  Bandits::withQueries),
              Knobs.ownCount(
                  "tile",
                  "a quarter of the image's side, at least 4",
                  "side of the prior in tiles",
                  Bandits::tile,
                  Bandits::tile),
              Knobs.ownNumber(
                  "exploration",
                  "1, in L2 0.01",
                  List.of(1.0, 0.01),
                  "noise on the prior",
                  Bandits::exploration,
                  Bandits::exploration),
              Knobs.ownNumber(
                  "distance",
                  "0.1, in L2 0.01",
                  List.of(0.1, 0.01),
                  "Euclidean distance of the pair from the point",
                  Bandits::distance,
                  Bandits::distance),
              Knobs.ownNumber(
                  "prior_rate",
                  "100, in L2 0.1",
                  List.of(100.0, 0.1),
                  "learning rate of the prior",
                  Bandits::priorRate,
                  Bandits::priorRate),
              Knobs.ownNumber(
                  "relative_step",
                  "0.2, in L2 0.1",
                  List.of(0.2, 0.1),
                  "length of a step as a part of epsilon",
                  Bandits::relativeStep,
                  Bandits::relativeStep),
              Knobs.restarts(Bandits::restarts)));

  public Bandits {
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.requireCount(NAME, "tile", tile.orElse(1));
    requirePositive("exploration", exploration);
    requirePositive("distance", distance);
    requirePositive("prior_rate", priorRate);
    requirePositive("relative_step", relativeStep);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  private static void requirePositive(String field, OptionalDouble given) {
    double value = given.orElse(1);
    ScoreAttack.require(NAME, field, "a number above 0", value > 0, value);
  }

  /** The authors' settings with so many queries. */
  public static Bandits queries(int number) {
    OptionalDouble own = OptionalDouble.empty();
    return new Bandits(number, OptionalInt.empty(), own, own, own, own, 1);
  }

  private Bandits withQueries(int number) {
    return Records.with(this, "queries", number);
  }

  public Bandits tile(int side) {
    return Records.with(this, "tile", OptionalInt.of(side));
  }

  public Bandits exploration(double size) {
    return Records.with(this, "exploration", OptionalDouble.of(size));
  }

  public Bandits distance(double length) {
    return Records.with(this, "distance", OptionalDouble.of(length));
  }

  public Bandits priorRate(double rate) {
    return Records.with(this, "priorRate", OptionalDouble.of(rate));
  }

  public Bandits relativeStep(double part) {
    return Records.with(this, "relativeStep", OptionalDouble.of(part));
  }

  public Bandits restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  /** The side of the prior for an image's. */
  int tiles(int side) {
    return Math.min(side, tile.orElse(Math.max(SHARE, side / SHARE)));
  }

  double explorationIn(Norm norm) {
    return exploration.orElse(norm == Norm.L2 ? 0.01 : 1);
  }

  double distanceIn(Norm norm) {
    return distance.orElse(norm == Norm.L2 ? 0.01 : 0.1);
  }

  double priorRateIn(Norm norm) {
    return priorRate.orElse(norm == Norm.L2 ? 0.1 : 100);
  }

  double relativeStepIn(Norm norm) {
    return relativeStep.orElse(norm == Norm.L2 ? 0.1 : 0.2);
  }

  @Override
  public AttackSpec<Bandits> spec() {
    return SPEC;
  }

  @Override
  public boolean exact() {
    return true;
  }

  @Override
  public Losses loss(boolean targeted) {
    return Losses.CE;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    return new BanditWalk(this, canvas, clean, random);
  }
}
