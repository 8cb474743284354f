package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.common.Records;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * NES (Ilyas et al. 2018, algorithm 1 and section 3.2): projected gradient steps along a natural
 * evolution strategy's estimate, from antithetic normal pairs, with momentum. Raises the
 * cross-entropy, or lowers that of the target. Points that are asked about stay in the domain.
 *
 * @param queries per sample and round, at least 1; a step takes one for its point and {@code
 *     samples} for its estimate
 * @param samples per estimate, even, at least 2
 * @param sigma deviation of the search in the units of the input, above 0
 * @param stepSize length of a step
 * @param momentum weight of earlier estimates, in [0, 1)
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Nes(
    int queries, int samples, double sigma, StepSize stepSize, double momentum, int restarts)
    implements ScoreAttack<Nes> {
  private static final String NAME = "nes";
  private static final StepSize STEP = StepSize.relative(0.2);

  /** The registry's line. */
  public static final AttackSpec<Nes> SPEC =
      new AttackSpec<>(
          NAME,
          "steps along gradients estimated from normal pairs of points",
          List.of("linf", "l2"),
          "Ilyas et al. 2018, algorithm 1",
          new Nes(10_000, 50, 0.001, STEP, 0.9, 1),
          List.of(
              Knobs.count("queries", "queries per round, at least 1", Nes::queries, Nes::queries),
              Knobs.count(
                  "samples", "samples per estimate, even, at least 2", Nes::samples, Nes::samples),
              Knobs.number(
                  "sigma",
                  "deviation of the samples in input units",
                  1e-9,
                  1e6,
                  Nes::sigma,
                  Nes::sigma),
              Knobs.step(STEP, Nes::stepSize, Nes::stepSize),
              Knobs.share("momentum", "weight of earlier estimates", Nes::momentum, Nes::momentum),
              Knobs.restarts(Nes::restarts)));

  public Nes {
    ScoreAttack.requireCount(NAME, "queries", queries);
    ScoreAttack.requireEven(NAME, "samples", samples);
    ScoreAttack.require(NAME, "sigma", "a number above 0", sigma > 0, sigma);
    boolean part = momentum >= 0 && momentum < 1;
    ScoreAttack.require(NAME, "momentum", "a number in [0, 1)", part, momentum);
    ScoreAttack.requireCount(NAME, "restarts", restarts);
  }

  public Nes queries(int number) {
    return Records.with(this, "queries", number);
  }

  public Nes samples(int number) {
    return Records.with(this, "samples", number);
  }

  public Nes sigma(double deviation) {
    return Records.with(this, "sigma", deviation);
  }

  public Nes stepSize(StepSize length) {
    return Records.with(this, "stepSize", length);
  }

  public Nes momentum(double weight) {
    return Records.with(this, "momentum", weight);
  }

  public Nes restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<Nes> spec() {
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
    double[] velocity = new double[clean.length]; // [D]
    double length = canvas.length(stepSize);
    DifferenceWalk.Rule rule =
        (point, gradient) -> {
          for (int i = 0; i < velocity.length; i++) {
            velocity[i] = momentum * velocity[i] + (1 - momentum) * gradient[i];
          }
          canvas.step(point, clean, velocity, length);
        };
    return new DifferenceWalk(
        samples / 2, DifferenceWalk.Noise.NORMAL, sigma, rule, canvas, clean, random);
  }
}
