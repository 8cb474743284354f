package io.holdfast.experiment;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Call;
import io.holdfast.common.Problems;
import io.holdfast.train.objective.Objective;
import java.util.LinkedHashMap;
import java.util.Map;

/** Settings of an attack that mean nothing to the search inside training. */
final class UnusedSettings {
  private static final String HINT =
      "training takes an attack's steps, their length and, where the objective leaves it open, the"
          + " start; all else belongs to the evaluation";

  private UnusedSettings() {}

  /** Reports each setting that would be dropped. */
  static void report(Pgd attack, Objective objective, Problems problems) {
    Pgd used = Pgd.steps(attack.steps()).stepSize(attack.stepSize());
    if (!objective.ownStart()) {
      used = used.randomStart(attack.randomStart());
    }
    Map<String, String> dropped = new LinkedHashMap<>(Call.parse(attack.key()).arguments());
    dropped.keySet().removeAll(Call.parse(used.key()).arguments().keySet());
    dropped.forEach(
        (name, value) ->
            problems.add(
                "attack." + name,
                "left as it is for training by " + objective.name(),
                value,
                HINT));
  }
}
