package io.holdfast.train.objective;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Axis;
import io.holdfast.attack.Knob;
import io.holdfast.common.SettingsReader;
import io.holdfast.train.Curve;
import io.holdfast.train.objective.Hybrid.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The setting {@code terms}. */
final class HybridTerms implements Knob<Hybrid> {
  private static final String KEY = "terms";
  private static final String WEIGHT = "weight";

  @Override
  public List<AttackSpec.Parameter> describe(Hybrid usual) {
    return List.of(
        AttackSpec.Parameter.inWords(
            KEY,
            "half standard, half pgd-at",
            "list of objectives with their settings, each with a `"
                + WEIGHT
                + "` (default 1), a number or a curve over training's progress"));
  }

  @Override
  public Hybrid read(SettingsReader section, Hybrid soFar) {
    List<Term> terms = new ArrayList<>();
    int remembering = 0;
    int adding = 0;
    for (SettingsReader each : section.textsOrSections(KEY)) {
      ListedObjective<?> objective = Objectives.read(each);
      if (objective instanceof Hybrid) {
        each.reject("name", "an objective that is no sum itself", objective.name(), null);
      }
      remembering += objective.remembers() ? 1 : 0;
      adding += objective.figures(1) > 0 ? 1 : 0;
      terms.add(new Term(Curve.read(each, WEIGHT, Curve.constant(1), 0, 1e6), objective));
    }
    OptionalDouble without = Hybrid.momentWithout(terms);
    if (section.has(KEY) && without.isPresent()) {
      String found = "none at progress " + without.getAsDouble();
      section.reject(KEY, "a term of a weight above 0 at every moment", found, null);
    }
    if (remembering > 1) {
      section.reject(
          KEY, "one term that remembers a number for each sample", remembering + " of them", null);
    }
    if (adding > 1) {
      section.reject(
          KEY, "one term that draws members by their weakness", adding + " of them", null);
    }
    return without.isEmpty() && remembering < 2 && adding < 2 ? new Hybrid(terms) : soFar;
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
