package io.holdfast.train.objective;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Axis;
import io.holdfast.attack.Knob;
import io.holdfast.common.SettingsReader;
import io.holdfast.train.objective.Hybrid.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The setting {@code terms}. */
final class HybridTerms implements Knob<Hybrid> {
  private static final String KEY = "terms";
  private static final String WEIGHT = "weight";

  @Override
  public List<AttackSpec.Parameter> describe(Hybrid usual) {
    return List.of(
        new AttackSpec.Parameter(
            KEY,
            "half standard, half pgd-at",
            "list of objectives with their settings, each with a `" + WEIGHT + "` (default 1)"));
  }

  @Override
  public Hybrid read(SettingsReader section, Hybrid soFar) {
    List<Term> terms = new ArrayList<>();
    boolean counts = false;
    int remembering = 0;
    int adding = 0;
    for (SettingsReader each : section.textsOrSections(KEY)) {
      ListedObjective<?> objective = Objectives.read(each);
      if (objective instanceof Hybrid) {
        each.reject("name", "an objective that is no sum itself", objective.name(), null);
      }
      remembering += objective.remembers() ? 1 : 0;
      adding += objective.figures(1) > 0 ? 1 : 0;
      double weight = each.number(WEIGHT, 1, 0, 1e6);
      counts |= weight > 0;
      terms.add(new Term(weight, objective));
    }
    if (section.has(KEY) && !counts) {
      section.reject(KEY, "a term of a weight above 0", "none", null);
    }
    if (remembering > 1) {
      section.reject(
          KEY, "one term that remembers a number for each sample", remembering + " of them", null);
    }
    if (adding > 1) {
      section.reject(KEY, "one term that draws members by their weakness", adding + " of them", null);
    }
    return counts && remembering < 2 && adding < 2 ? new Hybrid(terms) : soFar;
  }

  @Override
  public Hybrid write(Hybrid objective, Hybrid soFar, Map<String, String> arguments) {
    return objective; // objectives are not written as texts
  }

  /** Nothing that a search over an attack's settings could try. */
  @Override
  public List<Axis> axes(Hybrid objective) {
    return List.of();
  }
}
