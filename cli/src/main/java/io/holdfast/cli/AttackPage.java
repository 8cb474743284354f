package io.holdfast.cli;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Format;
import io.holdfast.evaluate.AttackCost;
import io.holdfast.experiment.InventoryRun;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The inventory of attacks for people and for programs. */
final class AttackPage {
  private static final long[] SHAPE = {1, 28, 28};
  private static final int CLASSES = 10;

  /** The sizes at which the cost is counted. */
  private static final Map<String, String> SIZES =
      Map.ofEntries(
          Map.entry("linf", "linf:0.1"),
          Map.entry("l2", "l2:1.5"),
          Map.entry("l1", "l1:12"),
          Map.entry("l0", "l0:25"),
          Map.entry("pixels", "pixels:5"),
          Map.entry("patch", "patch:6"),
          Map.entry("frame", "frame:2"),
          Map.entry("recolour", "recolour:0.1"),
          Map.entry("wasserstein", "wasserstein:0.1"),
          Map.entry("corruption", "corruption:3"));

  private AttackPage() {}

  /** Names, sets, knowledge, targets and parameters with defaults, by name. */
  static Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (AttackSpec<?> s : Attacks.describe()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("summary", s.summary());
      one.put("norms", s.sets());
      one.put("sets", s.sets());
      one.put("knowledge", s.needs().key());
      one.put("needs", s.needs().key());
      one.put("targeted", s.usual().steers());
      one.put("smallest", s.usual().seeksSmallest());
      one.put("paper", s.paper());
      one.put("parameters", ParameterJson.of(s.parameters()));
      all.put(s.name(), one);
    }
    return all;
  }

  /** One row per attack: norms, knowledge, targets, what it costs, paper. */
  static String inventory(Function<AttackSpec<?>, AttackCost> costs) {
    StringBuilder text =
        new StringBuilder(
            """
            | name | threat models | knowledge | targeted | gradients | queries | paper |
            | --- | --- | --- | --- | --- | --- | --- |
            """);
    for (AttackSpec<?> s : Attacks.describe()) {
      AttackCost cost = costs.apply(s);
      text.append("| `").append(s.name()).append("` | ").append(sets(s)).append(" | ");
      text.append(s.needs().key()).append(" | ").append(s.usual().steers() ? "yes" : "no");
      text.append(" | ").append(Format.count(cost.gradients()));
      text.append(" | ").append(Format.count(cost.queries()));
      text.append(" | ").append(s.paper().isEmpty() ? "-" : s.paper());
      text.append(" |\n");
    }
    return text.toString();
  }

  private static String sets(AttackSpec<?> spec) {
    if (spec.sets().equals(AttackSpec.EVERY_SET)) {
      return "every";
    }
    String all = String.join(", ", spec.sets());
    return spec.usual().seeksSmallest() ? all + "; `inf`" : all;
  }

  /** On the first set that it takes; without a limit where it looks for the smallest change. */
  static AttackCost cost(AttackSpec<?> spec) {
    String set = spec.sets().get(0);
    Attack attack = spec.usual();
    ThreatModel threat =
        attack.seeksSmallest()
            ? ThreatModel.smallest(Norm.ofKey(set).orElseThrow())
            : ThreatModel.parse(SIZES.getOrDefault(set, set));
    return AttackCost.of(attack, threat, SHAPE, CLASSES);
  }

  /** Every parameter of every attack. */
  static String parameters() {
    StringBuilder text =
        new StringBuilder(
            """
            | attack | parameter | default | meaning |
            | --- | --- | --- | --- |
            """);
    for (AttackSpec<?> s : Attacks.describe()) {
      for (AttackSpec.Parameter p : s.parameters()) {
        text.append("| `").append(s.name()).append("` | `").append(p.name()).append("` | ");
        text.append(p.standard()).append(" | ").append(p.meaning()).append(" |\n");
      }
    }
    return text.toString();
  }

  /** What stands between the marks of a page. */
  static Map<String, String> generated(Function<AttackSpec<?>, AttackCost> costs) {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("inventory", inventory(costs));
    parts.put("parameters", parameters());
    return parts;
  }

  /** Makes the generated parts of a file anew. */
  static void renew(Path file) {
    GeneratedPage.renew(file, generated(AttackPage::cost));
  }

  /** Writes what attacks did on one model into a file. */
  static void measured(Path file, List<InventoryRun.Row> rows) {
    StringBuilder text =
        new StringBuilder(
            """
            | attack | threat model | fell, of those right when clean | median distance | gradients | queries | seconds | unfinished |
            | --- | --- | --- | --- | --- | --- | --- | --- |
            """);
    for (InventoryRun.Row row : rows) {
      if (row.refused() == null) {
        text.append("| `").append(row.attack()).append("` | ").append(row.threat());
        text.append(" | ").append(row.fell()).append(" of ").append(row.attacked());
        text.append(" | ").append(number(row.distance()));
        text.append(" | ").append(number(row.gradients()));
        text.append(" | ").append(number(row.queries()));
        text.append(" | ").append(Format.number(row.seconds()));
        text.append(" | ").append(row.unfinished() == 0 ? "" : row.unfinished()).append(" |\n");
      }
    }
    GeneratedPage.renew(file, Map.of("measured", text.toString()));
  }

  /** A dash where there is none. */
  static String number(double value) {
    return Double.isNaN(value) ? "-" : Format.number(value);
  }
}
