package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.StepSize;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Set;

/**
 * The section {@code train.attack}: how adversarial examples are searched for in training. {@code
 * fgsm} is one step of the whole radius.
 *
 * @param name of the attack, {@code pgd} or {@code fgsm}
 * @param steps at least 1
 * @param stepSize length of a step; an absolute one is shortened with epsilon under a curriculum
 */
public record InnerSearch(String name, int steps, StepSize stepSize) {
  private static final String PGD = "pgd";
  private static final String FGSM = "fgsm";

  /** Reads {@code {name: pgd, steps: 7, step_size: 0.025}}; PGD-7 where the key is missing. */
  public static InnerSearch read(SettingsReader train) {
    SettingsReader a = train.textOrSection("attack", PGD);
    if (a.choice("name", PGD, List.of(PGD, FGSM)).equals(FGSM)) {
      return new InnerSearch(FGSM, 1, StepSize.relative(1));
    }
    int steps = a.integer("steps", 7, 1, 10_000);
    StepSize size =
        a.has("step_size")
            ? StepSize.absolute(positive(a.positive("step_size")))
            : StepSize.standard(steps);
    return new InnerSearch(PGD, steps, size);
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

  /**
   * The search itself, from a uniform start, its steps in proportion to the threat model's size.
   */
  public InnerMaximiser maximiser(ThreatModel threat) {
    return InnerMaximiser.of(steps, stepSize, threat, InnerMaximiser.Start.UNIFORM);
  }

  /** Stands in for a value that was refused and reported already. */
  private static double positive(double value) {
    return value > 0 ? value : 1;
  }
}
