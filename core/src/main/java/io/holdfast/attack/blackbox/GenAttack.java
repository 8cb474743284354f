package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Loss;
import io.holdfast.common.Records;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * GenAttack (Alzantot et al. 2019, algorithm 1): a small population of points that are selected by
 * their fitness, crossed value by value and mutated; the fittest lives on.
 *
 * @param population members of a generation, at least 2
 * @param queries per sample and round, at least 1; the fittest is not asked about again
 * @param mutationRate share of the values that mutate, in [0, 1]
 * @param mutationRange largest mutation as a part of epsilon, in [0, 1]
 * @param adaptive whether rate and range begin at 0.5 and 0.4 and shrink, down to 0.1 and 0.15,
 *     whenever the fittest has not become fitter for 100 generations (section 4.4); the two
 *     settings do not count then
 * @param temperature that divides the fitness in the selection, above 0
 * @param restarts rounds on samples that still stand, at least 1
 */
public record GenAttack(
    int population,
    int queries,
    double mutationRate,
    double mutationRange,
    boolean adaptive,
    double temperature,
    int restarts)
    implements ScoreAttack<GenAttack> {
  private static final String NAME = "genattack";

  /** The registry's line. */
  public static final AttackSpec<GenAttack> SPEC =
      new AttackSpec<>(
          NAME,
          "a genetic algorithm over points of the ball",
          List.of("linf"),
          "Alzantot et al. 2019, algorithm 1",
          new GenAttack(6, 10_000, 0.05, 1, false, 0.1, 1),
          List.of(
              Knobs.count(
                  "population",
                  "members of a generation, at least 2",
                  GenAttack::population,
                  GenAttack::population),
              Knobs.count(
                  "queries",
                  "queries per round, at least 1",
                  GenAttack::queries,
                  GenAttack::queries),
              Knobs.where(
                  a -> !a.adaptive,
                  "adaptive is true",
                  Knobs.share(
                      "mutation_rate",
                      "share of the values that mutate",
                      GenAttack::mutationRate,
                      GenAttack::mutationRate)),
              Knobs.where(
                  a -> !a.adaptive,
                  "adaptive is true",
                  Knobs.share(
                      "mutation_range",
                      "largest mutation as a part of epsilon",
                      GenAttack::mutationRange,
                      GenAttack::mutationRange)),
              Knobs.flag(
                  "adaptive",
                  "whether rate and range shrink from 0.5 and 0.4 instead",
                  GenAttack::adaptive,
                  GenAttack::adaptive),
              Knobs.number(
                  "temperature",
                  "divides the fitness in the selection",
                  1e-6,
                  1e6,
                  GenAttack::temperature,
                  GenAttack::temperature),
              Knobs.restarts(GenAttack::restarts)));

  public GenAttack {
    String members = "a whole number of at least 2";
    ScoreAttack.require(NAME, "population", members, population >= 2, population);
    ScoreAttack.requireCount(NAME, "queries", queries);
    String part = "a number in [0, 1]";
    boolean rate = mutationRate >= 0 && mutationRate <= 1;
    boolean range = mutationRange >= 0 && mutationRange <= 1;
    ScoreAttack.require(NAME, "mutation_rate", part, rate, mutationRate);
    ScoreAttack.require(NAME, "mutation_range", part, range, mutationRange);
    ScoreAttack.require(NAME, "temperature", "a number above 0", temperature > 0, temperature);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public GenAttack population(int members) {
    return Records.with(this, "population", members);
  }

  public GenAttack queries(int number) {
    return Records.with(this, "queries", number);
  }

  public GenAttack mutationRate(double share) {
    return Records.with(this, "mutationRate", share);
  }

  public GenAttack mutationRange(double part) {
    return Records.with(this, "mutationRange", part);
  }

  public GenAttack adaptive(boolean shrinking) {
    return Records.with(this, "adaptive", shrinking);
  }

  public GenAttack temperature(double divisor) {
    return Records.with(this, "temperature", divisor);
  }

  public GenAttack restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<GenAttack> spec() {
    return SPEC;
  }

  @Override
  public Loss loss(boolean targeted) {
    return new LogOdds();
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    return new GeneticWalk(this, canvas, clean, random);
  }
}
