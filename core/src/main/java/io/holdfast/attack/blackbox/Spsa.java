package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Records;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * SPSA (Uesato et al. 2018, algorithm 1): projected Adam steps along simultaneous perturbation
 * estimates, from pairs on both sides along random signs. Raises the margin, or towards a target
 * minus its cross-entropy. Points that are asked about stay in the domain.
 *
 * @param queries per sample and round, at least 1; a step takes one for its point and {@code
 *     samples} for its estimate
 * @param samples per estimate, even, at least 2
 * @param delta how far the samples are from the point in every value, above 0
 * @param rate Adam's learning rate in the units of the input, above 0
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Spsa(int queries, int samples, double delta, double rate, int restarts)
    implements ScoreAttack<Spsa> {
  private static final String NAME = "spsa";

  /** The registry's line. */
  public static final AttackSpec<Spsa> SPEC =
      new AttackSpec<>(
          NAME,
          "Adam along gradients estimated from pairs along random signs",
          List.of("linf", "l2"),
          "Uesato et al. 2018, algorithm 1",
          new Spsa(12_900, 128, 0.01, 0.01, 1),
          List.of(
              Knobs.count("queries", "queries per round, at least 1", Spsa::queries, Spsa::queries),
              Knobs.count(
                  "samples",
                  "samples per estimate, even, at least 2",
                  Spsa::samples,
                  Spsa::samples),
              Knobs.number(
                  "delta",
                  "distance of the samples in every value",
                  1e-9,
                  1e6,
                  Spsa::delta,
                  Spsa::delta),
              Knobs.number(
                  "learning_rate", "of Adam, in input units", 1e-9, 1e6, Spsa::rate, Spsa::rate),
              Knobs.restarts(Spsa::restarts)));

  public Spsa {
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.requireEven(NAME, "samples", samples);
    ScoreAttack.require(NAME, "delta", "a number above 0", delta > 0, delta);
    ScoreAttack.require(NAME, "learning_rate", "a number above 0", rate > 0, rate);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public Spsa queries(int number) {
    return Records.with(this, "queries", number);
  }

  public Spsa samples(int number) {
    return Records.with(this, "samples", number);
  }

  public Spsa delta(double distance) {
    return Records.with(this, "delta", distance);
  }

  public Spsa rate(double learningRate) {
    return Records.with(this, "rate", learningRate);
  }

  public Spsa restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<Spsa> spec() {
    return SPEC;
  }

  @Override
  public boolean exact() {
    return true;
  }

  @Override
  public Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random) {
    Adam adam = new Adam(rate, clean.length);
    DifferenceWalk.Rule rule =
        (point, gradient) -> {
          for (int i = 0; i < point.length; i++) {
            point[i] = (float) (point[i] + adam.step(i, gradient[i]));
          }
          canvas.confine(point, clean);
        };
    return new DifferenceWalk(
        samples / 2, DifferenceWalk.Noise.SIGNS, delta, rule, canvas, clean, random);
  }
}
