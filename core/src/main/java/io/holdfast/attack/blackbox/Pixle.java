package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.threat.PixelChanges;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Pixle (Pomponi et al. 2022, algorithm 1): the pixels of a small random patch are copied to other
 * places of the image, which a mapping chooses; of some such tries the best is kept if it is better
 * than what there was. No colour comes up that the image does not have. A patch has at most a
 * quarter of the pixels that may differ from the clean image; where there would be more, changed
 * ones at random go back.
 *
 * @param queries per sample and round, at least 1
 * @param tries per step, at least 1
 * @param least smallest side of a patch in pixels, at least 1
 * @param most largest side of a patch in pixels, at least {@code least}
 * @param mapping where the pixels of a patch go
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Pixle(int queries, int tries, int least, int most, Mapping mapping, int restarts)
    implements ScoreAttack<Pixle> {
  private static final String NAME = "pixle";

  /** The registry's line. */
  public static final AttackSpec<Pixle> SPEC =
      new AttackSpec<>(
          NAME,
          "pixels of the image copied to other places",
          List.of(PixelChanges.NAME),
          "Pomponi et al. 2022, algorithm 1",
          new Pixle(10_000, 10, 2, 10, Mapping.RANDOM, 1),
          List.of(
              Knobs.count(
                  "queries", "queries per round, at least 1", Pixle::queries, Pixle::queries),
              Knobs.count("tries", "tries per step, at least 1", Pixle::tries, Pixle::tries),
              Knobs.count(
                  "least",
                  "smallest side of a patch in pixels, at least 1",
                  Pixle::least,
                  Pixle::least),
              Knobs.count("most", "largest side of a patch in pixels", Pixle::most, Pixle::most),
              Knobs.choice(
                  "mapping",
                  "where pixels go: random, similarity, similarity-random, distance or"
                      + " distance-random",
                  Pixle::mapping,
                  Pixle::mapping),
              Knobs.restarts(Pixle::restarts)));

  /** Where the pixels of a patch go (section 3.2). Two of a patch never go to the same place. */
  public enum Mapping {
    /** Anywhere. */
    RANDOM,
    /** Each to the pixel whose colour is nearest to its own without being the same. */
    SIMILARITY,
    /** As likely as the colour there is near to its own: by the softmax of similarities. */
    SIMILARITY_RANDOM,
    /** Each to the pixel whose colour is farthest from its own. */
    DISTANCE,
    /** As likely as the colour there is far from its own: by the softmax of distances. */
    DISTANCE_RANDOM;

    boolean similar() {
      return this == SIMILARITY || this == SIMILARITY_RANDOM;
    }

    boolean drawn() {
      return this == SIMILARITY_RANDOM || this == DISTANCE_RANDOM;
    }
  }

  public Pixle {
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.requireCount(NAME, "tries", tries);
    ScoreAttack.requireCount(NAME, "least", least);
    ScoreAttack.requireCount(NAME, "most", most);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public Pixle queries(int number) {
    return Records.with(this, "queries", number);
  }

  public Pixle tries(int number) {
    return Records.with(this, "tries", number);
  }

  public Pixle least(int side) {
    return Records.with(this, "least", side);
  }

  public Pixle most(int side) {
    return Records.with(this, "most", side);
  }

  public Pixle mapping(Mapping which) {
    return Records.with(this, "mapping", which);
  }

  public Pixle restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<Pixle> spec() {
    return SPEC;
  }

  @Override
  public Losses loss(boolean targeted) {
    return Losses.CE;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    return new PixleWalk(this, canvas, clean, random);
  }
}
