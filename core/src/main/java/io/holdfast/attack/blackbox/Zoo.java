package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * ZOO (Chen et al. 2017, algorithms 1 to 3): minimises the squared L2 distance plus c times the
 * margin to be made up, by Adam or Newton steps on random coordinates, whose slopes are symmetric
 * differences of scores; c is found by bisection. On large images the coordinates may be those of a
 * smaller space that grows ("attack-space dimension reduction", "hierarchical attack"). Points stay
 * in the domain by clipping, without a change of variables. Never asks how large epsilon is.
 *
 * @param queries per sample and round, at least 1; the searches share them equally. The paper's are
 *     9 searches of 1,000 steps (2.3 million); the default is 100 steps each
 * @param searches values of c that are tried, at least 1
 * @param coordinates per step, at least 1; each takes two queries, and a step one for its point
 * @param solver how coordinates move
 * @param rate Adam's learning rate, or the factor of Newton's step, in the units of the input
 * @param difference how far the two points of a difference are from the point, above 0
 * @param constant the first c, above 0
 * @param confidence margin from which a point is adversarial enough, at least 0
 * @param importance whether coordinates near large changes are drawn more often ("optimise the
 *     important pixels first")
 * @param space side of the space that is searched at first, which doubles after a tenth and again
 *     after half of a search's steps; 0, as for small images in the paper, or a side of the image's
 *     or more for the image itself
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Zoo(
    int queries,
    int searches,
    int coordinates,
    Solver solver,
    double rate,
    double difference,
    double constant,
    double confidence,
    boolean importance,
    int space,
    int restarts)
    implements ScoreAttack<Zoo> {
  private static final String NAME = "zoo";
  private static final double LARGE = 1e6;
  private static final int LARGEST = 1 << 16;

  /** The registry's line. */
  public static final AttackSpec<Zoo> SPEC =
      new AttackSpec<>(
          NAME,
          "the smallest L2 change by differences of scores, coordinate by coordinate",
          List.of("l2"),
          "Chen et al. 2017, algorithms 1 to 3",
          new Zoo(231_300, 9, 128, Solver.ADAM, 0.01, 1e-4, 0.01, 0, false, 0, 1),
          List.of(
              Knobs.count("queries", "queries per round, at least 1", Zoo::queries, Zoo::queries),
              Knobs.count(
                  "searches", "values of c tried, at least 1", Zoo::searches, Zoo::searches),
              Knobs.count(
                  "coordinates",
                  "coordinates per step, at least 1",
                  Zoo::coordinates,
                  Zoo::coordinates),
              Knobs.choice("solver", "adam or newton", Zoo::solver, Zoo::solver),
              Knobs.number(
                  "learning_rate",
                  "of the solver, in input units",
                  1e-9,
                  LARGE,
                  Zoo::rate,
                  Zoo::rate),
              Knobs.number(
                  "difference",
                  "distance of the two points of a difference from theirs",
                  1e-9,
                  LARGE,
                  Zoo::difference,
                  Zoo::difference),
              Knobs.number("constant", "the first c", 1e-9, 1e9, Zoo::constant, Zoo::constant),
              Knobs.number(
                  "confidence",
                  "margin that is adversarial enough",
                  0,
                  LARGE,
                  Zoo::confidence,
                  Zoo::confidence),
              Knobs.flag(
                  "importance",
                  "whether coordinates near large changes are drawn more often",
                  Zoo::importance,
                  Zoo::importance),
              Knobs.whole(
                  "space",
                  "side of the space that is searched at first, growing to four times that; 0 for"
                      + " the image itself",
                  0,
                  LARGEST,
                  Zoo::space,
                  Zoo::space),
              Knobs.restarts(Zoo::restarts)));

  /** How a coordinate moves by its slope. */
  public enum Solver {
    /** Algorithm 2. */
    ADAM,
    /**
     * Algorithm 3: by slope over curvature, where that is above 0. Its second difference wants a
     * {@code difference} of about 0.01 in float32.
     */
    NEWTON
  }

  public Zoo {
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.requireCount(NAME, "searches", searches);
    ScoreAttack.requireCount(NAME, "coordinates", coordinates);
    ScoreAttack.require(NAME, "learning_rate", "a number above 0", rate > 0, rate);
    ScoreAttack.require(NAME, "difference", "a number above 0", difference > 0, difference);
    ScoreAttack.require(NAME, "constant", "a number above 0", constant > 0, constant);
    ScoreAttack.require(NAME, "confidence", "at least 0", confidence >= 0, confidence);
    ScoreAttack.require(NAME, "space", "a whole number of at least 0", space >= 0, space);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public Zoo queries(int number) {
    return Records.with(this, "queries", number);
  }

  public Zoo searches(int number) {
    return Records.with(this, "searches", number);
  }

  public Zoo coordinates(int number) {
    return Records.with(this, "coordinates", number);
  }

  public Zoo solver(Solver which) {
    return Records.with(this, "solver", which);
  }

  public Zoo rate(double learningRate) {
    return Records.with(this, "rate", learningRate);
  }

  public Zoo difference(double distance) {
    return Records.with(this, "difference", distance);
  }

  public Zoo constant(double first) {
    return Records.with(this, "constant", first);
  }

  public Zoo confidence(double margin) {
    return Records.with(this, "confidence", margin);
  }

  public Zoo importance(boolean sampled) {
    return Records.with(this, "importance", sampled);
  }

  public Zoo space(int side) {
    return Records.with(this, "space", side);
  }

  public Zoo restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<Zoo> spec() {
    return SPEC;
  }

  @Override
  public boolean seeksSmallest() {
    return true;
  }

  @Override
  public boolean exact() {
    return true;
  }

  /** The margin, also towards a target (equations 3 and 4). */
  @Override
  public Losses loss(boolean targeted) {
    return Losses.CW;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    return new ZooWalk(this, planned, canvas, clean, random);
  }
}
