package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.threat.PixelChanges;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The one-pixel attack (Su et al. 2019, section 3.B): differential evolution over the places and
 * colours of as many pixels as the threat model lets change. Lowers the probability of the label,
 * or raises that of the target.
 *
 * @param population candidates per generation, at least 4
 * @param queries per sample and round, at least 1; the paper's are 101 generations
 * @param scale weight F of the difference of two candidates that moves a third, in [0, 2]
 * @param restarts rounds on samples that still stand, at least 1
 */
public record OnePixel(int population, int queries, double scale, int restarts)
    implements ScoreAttack<OnePixel> {
  private static final String NAME = "one-pixel";

  /** The registry's line. */
  public static final AttackSpec<OnePixel> SPEC =
      new AttackSpec<>(
          NAME,
          "differential evolution of a few pixels",
          List.of(PixelChanges.NAME),
          "Su et al. 2019, section 3.B",
          new OnePixel(400, 40_400, 0.5, 1),
          List.of(
              Knobs.count(
                  "population",
                  "candidates per generation, at least 4",
                  OnePixel::population,
                  OnePixel::population),
              Knobs.count(
                  "queries", "queries per round, at least 1", OnePixel::queries, OnePixel::queries),
              Knobs.number(
                  "scale",
                  "weight of the difference of two candidates",
                  0,
                  2,
                  OnePixel::scale,
                  OnePixel::scale),
              Knobs.restarts(OnePixel::restarts)));

  public OnePixel {
    String members = "a whole number of at least 4";
    ScoreAttack.require(NAME, "population", members, population >= 4, population);
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.require(NAME, "scale", "a number in [0, 2]", scale >= 0 && scale <= 2, scale);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public OnePixel population(int candidates) {
    return Records.with(this, "population", candidates);
  }

  public OnePixel queries(int number) {
    return Records.with(this, "queries", number);
  }

  public OnePixel scale(double weight) {
    return Records.with(this, "scale", weight);
  }

  public OnePixel restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<OnePixel> spec() {
    return SPEC;
  }

  @Override
  public Losses loss(boolean targeted) {
    return Losses.CE;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    return new EvolutionWalk(this, canvas, clean, random);
  }
}
