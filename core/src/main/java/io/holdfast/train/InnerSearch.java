package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule;
import io.holdfast.attack.SearchRule.Free;
import io.holdfast.attack.SearchRule.Friendly;
import io.holdfast.attack.SearchRule.MultiGrad;
import io.holdfast.attack.SearchRule.Noisy;
import io.holdfast.attack.SearchRule.ZeroGrad;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.gradient.RandomFgsm;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Set;

/**
 * The section {@code train.attack}: how adversarial examples are searched for in training. {@code
 * fgsm} is one step of the whole radius from the clean input (Goodfellow et al. 2015, section 4),
 * {@code r-fgsm} one step of 1.25 radii from a uniform start (Wong et al. 2020, algorithm 3),
 * {@code pgd} several from a uniform start (Madry et al. 2018); {@link SearchRule} has the others.
 *
 * @param name of the attack
 * @param steps at least 0; 0 where there is no search
 * @param stepSize length of a step; an absolute one is shortened with epsilon under a curriculum
 * @param start where it begins, unless the objective has a start of its own
 * @param rule how it departs from projected gradient ascent
 */
public record InnerSearch(String name, int steps, StepSize stepSize, Start start, SearchRule rule) {
  private static final String PGD = "pgd";
  private static final String FGSM = "fgsm";
  private static final String RANDOM_FGSM = "r-fgsm";
  private static final String NOISY = "n-fgsm";
  private static final String ZERO = "zero-grad";
  private static final String MULTI = "multi-grad";
  private static final String FREE = "free";
  private static final String FRIENDLY = "friendly";

  /** The names of the searches. */
  private static final List<String> NAMES =
      List.of(PGD, FGSM, RANDOM_FGSM, NOISY, ZERO, MULTI, FREE, FRIENDLY);

  /** Reads {@code {name: pgd, steps: 7, step_size: 0.025}}; PGD-7 where the key is missing. */
  public static InnerSearch read(SettingsReader train) {
    SettingsReader a = train.textOrSection("attack", PGD);
    String name = a.choice("name", PGD, NAMES);
    return switch (name) {
      case FGSM -> once(name, StepSize.relative(1), Start.CLEAN, SearchRule.PROJECTED);
      case RANDOM_FGSM -> once(name, RandomFgsm.STEP, Start.UNIFORM, SearchRule.PROJECTED);
      case NOISY ->
          once(
              name,
              size(a, StepSize.relative(1)),
              Start.UNIFORM,
              new Noisy(a.number("noise", 2, 0, 1e6)));
      case ZERO ->
          once(
              name,
              size(a, StepSize.relative(2)),
              Start.UNIFORM,
              new ZeroGrad(a.number("quantile", 0.35, 0, 0.999999)));
      case MULTI ->
          once(
              name,
              size(a, StepSize.relative(2)),
              Start.CLEAN,
              new MultiGrad(a.integer("points", 3, 1, 1000)));
      case FREE ->
          new InnerSearch(
              name,
              0,
              size(a, StepSize.relative(1)),
              Start.CLEAN,
              new Free(a.integer("replays", 8, 1, 1000), a.flag("reset", false)));
      case FRIENDLY -> several(a, name, new Friendly(a.integer("grace", 1, 0, 10_000)));
      default -> several(a, PGD, SearchRule.PROJECTED);
    };
  }

  private static InnerSearch once(String name, StepSize size, Start start, SearchRule rule) {
    return new InnerSearch(name, 1, size, start, rule);
  }

  private static InnerSearch several(SettingsReader a, String name, SearchRule rule) {
    int steps = a.integer("steps", 7, 1, 10_000);
    StepSize size = size(a, StepSize.standard(steps));
    return new InnerSearch(name, steps, size, Start.UNIFORM, rule);
  }

  private static StepSize size(SettingsReader a, StepSize standard) {
    return a.has("step_size") ? StepSize.absolute(positive(a.positive("step_size"))) : standard;
  }

  /**
   * Names of attacks that a model trained with it has seen; its family is seen with them. A search
   * that evaluation has not is the nearest one there.
   */
  public Set<String> seen() {
    return switch (name) {
      case NOISY, ZERO, MULTI, FREE -> Set.of(RANDOM_FGSM);
      case FRIENDLY -> Set.of(PGD);
      default -> Set.of(name);
    };
  }

  /**
   * The search itself, its steps in proportion to the threat model's size; of a search of several
   * steps whose length was not given, each number of steps has its own length.
   */
  public InnerMaximiser maximiser(ThreatModel threat) {
    return InnerMaximiser.of(steps, stepSize, threat, start)
        .by(rule)
        .following(takesSteps() && stepSize.equals(StepSize.standard(steps)));
  }

  /** Whether its number of steps is a setting. */
  boolean takesSteps() {
    return name.equals(PGD) || name.equals(FRIENDLY);
  }

  /** Stands in for a value that was refused and reported already. */
  private static double positive(double value) {
    return value > 0 ? value : 1;
  }
}
