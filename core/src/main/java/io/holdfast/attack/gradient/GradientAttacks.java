package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackSpec.Parameter;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.Targeting;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.Knowledge;
import java.util.List;
import java.util.Locale;

/** How this package's attacks are named, documented and read. */
public final class GradientAttacks {
  private static final List<String> BALLS = List.of("linf", "l2", "l1");
  private static final List<String> LOSSES = List.of("ce", "cw", "dlr");
  private static final int MANY = 1_000_000;
  private static final double ANY = Double.POSITIVE_INFINITY;

  private static final Parameter LOSS =
      new Parameter("loss", "ce", "what is maximised: ce, cw (margin) or dlr");
  private static final Parameter RESTARTS =
      new Parameter("restarts", "1", "rounds on samples that still stand, at least 1");

  private GradientAttacks() {}

  /** FGSM, R-FGSM, PGD. */
  public static List<AttackSpec> all() {
    return List.of(fgsm(), randomFgsm(), pgd());
  }

  private static AttackSpec fgsm() {
    return new AttackSpec(
        "fgsm",
        "one steepest step of length epsilon from the clean input",
        BALLS,
        Knowledge.WHITE_BOX,
        "Goodfellow et al. 2015, section 4",
        List.of(LOSS),
        r -> new Fgsm(loss(r)));
  }

  private static AttackSpec randomFgsm() {
    return new AttackSpec(
        "r-fgsm",
        "one steepest step from a random point of the set",
        BALLS,
        Knowledge.WHITE_BOX,
        "Wong et al. 2020, algorithm 3; Tramèr et al. 2018, section 3.3",
        List.of(
            new Parameter("step_size", "1.25 epsilon", "length in the units of the input, above 0"),
            new Parameter("relative_step", "1.25", "length as a part of epsilon, above 0"),
            RESTARTS,
            LOSS),
        r -> new RandomFgsm(step(r, RandomFgsm.STEP), restarts(r), loss(r)));
  }

  private static AttackSpec pgd() {
    return new AttackSpec(
        "pgd",
        "projected steepest steps from a random point of the set",
        List.of("linf", "l2", "l1", "rotation-translation", "code-changes", "product"),
        Knowledge.WHITE_BOX,
        "Madry et al. 2018, section 2.1",
        List.of(
            new Parameter("steps", "10", "steps per round, at least 1"),
            new Parameter(
                "step_size",
                "epsilon/4, beyond ten steps 2.5 epsilon/steps",
                "length in the units of the input, above 0"),
            new Parameter("relative_step", "as step_size", "length as a part of epsilon, above 0"),
            RESTARTS,
            new Parameter("random_start", "true", "whether rounds start at random in the set"),
            LOSS,
            new Parameter("targets", "goal", "classes steered to: goal, all or least-likely"),
            new Parameter("eot", "1", "passes averaged per step, for random models"),
            new Parameter("track", "any", "which iterates count: any or last")),
        GradientAttacks::readPgd);
  }

  private static Pgd readPgd(SettingsReader r) {
    int steps = r.integer("steps", 10, 1, MANY);
    return new Pgd(
        steps,
        step(r, StepSize.standard(steps)),
        restarts(r),
        r.flag("random_start", true),
        loss(r),
        r.choice("targets", Targeting.GOAL),
        r.integer("eot", 1, 1, MANY),
        r.choice("track", Pgd.Track.ANY));
  }

  private static int restarts(SettingsReader r) {
    return r.integer("restarts", 1, 1, MANY);
  }

  private static Losses loss(SettingsReader r) {
    return Losses.valueOf(r.choice("loss", "ce", LOSSES).toUpperCase(Locale.ROOT));
  }

  private static StepSize step(SettingsReader r, StepSize usual) {
    if (r.has("step_size") && r.has("relative_step")) {
      r.reject("relative_step", "step_size or relative_step", "both", null);
    }
    if (r.has("relative_step")) {
      return StepSize.relative(r.number("relative_step", Double.MIN_VALUE, ANY));
    }
    return r.has("step_size") ? StepSize.absolute(r.positive("step_size")) : usual;
  }
}
