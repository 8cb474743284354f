package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.gradient.RandomFgsm;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Set;

/**
 * The section {@code train.attack}: how adversarial examples are searched for in training. {@code
 * fgsm} is one step of the whole radius from the clean input (Goodfellow et al. 2015, section 6),
 * {@code r-fgsm} one step of 1.25 radii from a uniform start (Wong et al. 2020, algorithm 3),
 * {@code pgd} several from a uniform start (Madry et al. 2018).
 *
 * @param name of the attack, {@code pgd}, {@code fgsm} or {@code r-fgsm}
 * @param steps at least 1
 * @param stepSize length of a step; an absolute one is shortened with epsilon under a curriculum
 * @param start where it begins, unless the objective has a start of its own
 */
public record InnerSearch(String name, int steps, StepSize stepSize, Start start) {
  private static final String PGD = "pgd";
  private static final String FGSM = "fgsm";
  private static final String RANDOM_FGSM = "r-fgsm";

  /** Reads {@code {name: pgd, steps: 7, step_size: 0.025}}; PGD-7 where the key is missing. */
  public static InnerSearch read(SettingsReader train) {
    SettingsReader a = train.textOrSection("attack", PGD);
    String name = a.choice("name", PGD, List.of(PGD, FGSM, RANDOM_FGSM));
    if (name.equals(FGSM)) {
      return new InnerSearch(FGSM, 1, StepSize.relative(1), Start.CLEAN);
    }
    if (name.equals(RANDOM_FGSM)) {
      return new InnerSearch(RANDOM_FGSM, 1, RandomFgsm.STEP, Start.UNIFORM);
    }
    int steps = a.integer("steps", 7, 1, 10_000);
    StepSize size =
        a.has("step_size")
            ? StepSize.absolute(positive(a.positive("step_size")))
            : StepSize.standard(steps);
    return new InnerSearch(PGD, steps, size, Start.UNIFORM);
  }

  /**
   * The search with which a hardened model was trained, by the section {@code train} of its
   * recorded configuration; as {@link #read} has it where that says nothing.
   */
  public static InnerSearch recorded(Provenance ofModel) {
    Problems none = new Problems("the recorded configuration"); // what is unknown is left alone
    return read(Settings.of(ofModel.configuration()).reader(none).section("train"));
  }

  /** Names of attacks that a model trained with it has seen; its family is seen with them. */
  public Set<String> seen() {
    return Set.of(name);
  }

  /** The search itself, its steps in proportion to the threat model's size. */
  public InnerMaximiser maximiser(ThreatModel threat) {
    return InnerMaximiser.of(steps, stepSize, threat, start);
  }

  /** Stands in for a value that was refused and reported already. */
  private static double positive(double value) {
    return value > 0 ? value : 1;
  }
}
