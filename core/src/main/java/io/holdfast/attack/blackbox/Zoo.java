package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * ZOO (Chen et al. 2017, algorithms 1 to 3): minimises the squared L2 distance plus c times the
 * margin to be made up, by Adam or Newton steps on random coordinates, whose slopes are symmetric
 * differences of scores; c is found by bisection. Points stay in the domain by clipping, without a
 * change of variables. Never asks how large epsilon is.
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
 * @param importance whether coordinates near large changes are drawn more often (section 3.3)
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
    int restarts)
    implements ScoreAttack<Zoo> {
  private static final String NAME = "zoo";
  private static final double LARGE = 1e6;

  /** The registry's line. */
  public static final AttackSpec<Zoo> SPEC =
      new AttackSpec<>(
          NAME,
          "the smallest L2 change by differences of scores, coordinate by coordinate",
          List.of("l2"),
          "Chen et al. 2017, algorithms 1 to 3",
          new Zoo(231_300, 9, 128, Solver.ADAM, 0.01, 1e-4, 0.01, 0, false, 1),
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
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public Zoo queries(int number) {
    return new Zoo(
        number,
        searches,
        coordinates,
        solver,
        rate,
        difference,
        constant,
        confidence,
        importance,
        restarts);
  }

  public Zoo searches(int number) {
    return new Zoo(
        queries,
        number,
        coordinates,
        solver,
        rate,
        difference,
        constant,
        confidence,
        importance,
        restarts);
  }

  public Zoo coordinates(int number) {
    return new Zoo(
        queries,
        searches,
        number,
        solver,
        rate,
        difference,
        constant,
        confidence,
        importance,
        restarts);
  }

  public Zoo solver(Solver which) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        which,
        rate,
        difference,
        constant,
        confidence,
        importance,
        restarts);
  }

  public Zoo rate(double learningRate) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        solver,
        learningRate,
        difference,
        constant,
        confidence,
        importance,
        restarts);
  }

  public Zoo difference(double distance) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        solver,
        rate,
        distance,
        constant,
        confidence,
        importance,
        restarts);
  }

  public Zoo constant(double first) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        solver,
        rate,
        difference,
        first,
        confidence,
        importance,
        restarts);
  }

  public Zoo confidence(double margin) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        solver,
        rate,
        difference,
        constant,
        margin,
        importance,
        restarts);
  }

  public Zoo importance(boolean sampled) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        solver,
        rate,
        difference,
        constant,
        confidence,
        sampled,
        restarts);
  }

  public Zoo restarts(int number) {
    return new Zoo(
        queries,
        searches,
        coordinates,
        solver,
        rate,
        difference,
        constant,
        confidence,
        importance,
        number);
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
