package io.holdfast.attack.gradient;

import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.Targeting;
import io.holdfast.common.Call;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The canonical text of a PGD: its steps, and whatever differs from the defaults. */
final class PgdKeys {
  private PgdKeys() {}

  static String key(Pgd pgd) {
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("steps", Integer.toString(pgd.steps()));
    if (pgd.restarts() != 1) {
      arguments.put("restarts", Integer.toString(pgd.restarts()));
    }
    StepSize size = pgd.stepSize();
    if (!Double.isNaN(size.absolute())) {
      arguments.put("step_size", Double.toString(size.absolute()));
    } else if (!size.equals(StepSize.standard(pgd.steps()))) {
      arguments.put("relative_step", Double.toString(size.relative()));
    }
    if (!pgd.randomStart()) {
      arguments.put("random_start", "false");
    }
    if (pgd.loss() != Losses.CE) {
      arguments.put("loss", pgd.loss().key());
    }
    if (pgd.targeting() != Targeting.GOAL) {
      arguments.put("targets", text(pgd.targeting()));
    }
    if (pgd.eot() != 1) {
      arguments.put("eot", Integer.toString(pgd.eot()));
    }
    if (pgd.track() != Pgd.Track.ANY) {
      arguments.put("track", text(pgd.track()));
    }
    return new Call("pgd", arguments).toString();
  }

  private static String text(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
