package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * SimBA (Guo et al. 2019, algorithm 1): steps along directions of an orthonormal basis in random
 * order, each once, first one way, then the other, kept where the probability of the label falls or
 * that of the target rises. Points outside the ball are brought back into it. Where that leaves
 * nothing of a step, as at a pixel that is black already, the model is not asked.
 *
 * @param basis single values, or waves of the discrete cosine transform
 * @param queries per sample and round, the clean input included, at least 1
 * @param step length of a step in the units of the input, above 0
 * @param frequencies share of the lowest frequencies per axis that come first, in [0, 1]
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Simba(Basis basis, int queries, double step, double frequencies, int restarts)
    implements ScoreAttack<Simba> {
  private static final String NAME = "simba";

  /** The registry's line. */
  public static final AttackSpec<Simba> SPEC =
      new AttackSpec<>(
          NAME,
          "steps along pixels or cosine waves, each tried both ways",
          List.of("linf", "l2"),
          "Guo et al. 2019, algorithm 1",
          new Simba(Basis.PIXEL, 10_000, 0.2, 0.125, 1),
          List.of(
              Knobs.choice("basis", "directions: pixel or dct", Simba::basis, Simba::basis),
              Knobs.count(
                  "queries", "queries per round, at least 1", Simba::queries, Simba::queries),
              Knobs.number(
                  "step", "length of a step in input units", 1e-6, 1e6, Simba::step, Simba::step),
              Knobs.where(
                  a -> a.basis == Basis.DCT,
                  "basis is pixel",
                  Knobs.share(
                      "frequencies",
                      "of dct: share of the lowest frequencies that come first",
                      Simba::frequencies,
                      Simba::frequencies)),
              Knobs.restarts(Simba::restarts)));

  /** The directions. */
  public enum Basis {
    /** One value each. */
    PIXEL,
    /** Waves over one channel, low frequencies first (section 3.2). */
    DCT
  }

  public Simba {
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.require(NAME, "step", "a number above 0", step > 0, step);
    boolean part = frequencies >= 0 && frequencies <= 1;
    ScoreAttack.require(NAME, "frequencies", "a number in [0, 1]", part, frequencies);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public Simba basis(Basis directions) {
    return Records.with(this, "basis", directions);
  }

  public Simba queries(int number) {
    return Records.with(this, "queries", number);
  }

  public Simba step(double length) {
    return Records.with(this, "step", length);
  }

  public Simba frequencies(double share) {
    return Records.with(this, "frequencies", share);
  }

  public Simba restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<Simba> spec() {
    return SPEC;
  }

  /** The logarithm of the probability that counts; the paper compares the probability itself. */
  @Override
  public Losses loss(boolean targeted) {
    return Losses.CE;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    Directions directions =
        basis == Basis.PIXEL
            ? new PixelDirections(canvas)
            : new WaveDirections(canvas, frequencies);
    return new SimbaWalk(directions, step, canvas, clean, random);
  }
}
