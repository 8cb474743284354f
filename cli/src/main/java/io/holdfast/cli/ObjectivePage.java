package io.holdfast.cli;

import io.holdfast.attack.AttackSpec;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Passes;
import java.util.LinkedHashMap;
import java.util.Map;

/** The objectives for people and for programs. */
final class ObjectivePage {
  private ObjectivePage() {}

  /**
   * Terms, passes and parameters with defaults, by name. Passes are of a threat model that is no
   * union, in words with k for the steps of a search, and as numbers.
   */
  static Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (ObjectiveSpec<?> s : Objectives.describe()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("terms", s.terms());
      one.put("paper", s.paper());
      one.put("adversarial", s.usual().adversarial());
      Map<String, Object> passes = new LinkedHashMap<>();
      passes.put("forward", s.passes().forwardText());
      passes.put("backward", s.passes().backwardText());
      passes.put("forward_per_step", s.passes().forward(1) - s.passes().forward(0));
      passes.put("forward_besides", s.passes().forward(0));
      passes.put("backward_per_step", s.passes().backward(1) - s.passes().backward(0));
      passes.put("backward_besides", s.passes().backward(0));
      passes.put("guide", s.passes().guide());
      passes.put("linear", s.passes().linear());
      one.put("passes", passes);
      one.put("parameters", ParameterJson.of(s.parameters()));
      all.put(s.name(), one);
    }
    return all;
  }

  /** What stands between the marks of the page. */
  static Map<String, String> generated() {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("objectives", objectives());
    parts.put("settings", settings());
    return parts;
  }

  /** One row per objective: loss, cost, paper. */
  private static String objectives() {
    StringBuilder text =
        new StringBuilder(
            """
            | name | loss | forward | backward | guide | paper |
            | --- | --- | --- | --- | --- | --- |
            """);
    for (ObjectiveSpec<?> s : Objectives.describe()) {
      Passes passes = s.passes();
      text.append("| `").append(s.name()).append("` | ").append(escaped(s.terms()));
      text.append(" | ").append(passes.forwardText());
      text.append(" | ").append(passes.backwardText());
      text.append(" | ").append(passes.guide() == 0 ? "-" : Passes.number(passes.guide()));
      text.append(" | ").append(s.paper().isEmpty() ? "-" : s.paper()).append(" |\n");
    }
    return text.toString();
  }

  /** Every parameter of every objective. */
  private static String settings() {
    StringBuilder text =
        new StringBuilder(
            """
            | objective | setting | default | meaning |
            | --- | --- | --- | --- |
            """);
    for (ObjectiveSpec<?> s : Objectives.describe()) {
      for (AttackSpec.Parameter p : s.parameters()) {
        text.append("| `").append(s.name()).append("` | `").append(p.name()).append("` | ");
        text.append(p.standard()).append(" | ").append(escaped(p.meaning())).append(" |\n");
      }
    }
    return text.toString();
  }

  /** A bar would end the cell. */
  private static String escaped(String words) {
    return words.replace("|", "\\|");
  }
}
