package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a hardening under budgets has left in its folder. */
final class Governed {
  static final double TOLERANCE = 1.05; // of a deadline

  private Governed() {}

  static String deadline(double seconds) {
    return String.format(Locale.ROOT, "governor.deadline=%.2fs", seconds);
  }

  static Decision summary(Path out) {
    return Journal.read(out.resolve(Journal.FILE)).stream()
        .filter(d -> d.what() == What.SUMMARY)
        .findFirst()
        .orElseThrow();
  }

  static double measured(Decision d, String name) {
    assertThat(d.measured()).containsKey(name);
    return d.measured().getOrDefault(name, Double.NaN);
  }

  static double secondsOfSteps(Path out) {
    return MetricsLog.read(out.resolve("metrics.jsonl")).stream()
        .filter(line -> line.path("event").asText().equals("step"))
        .mapToDouble((JsonNode line) -> line.path("seconds").asDouble())
        .sum();
  }

  /** The deadline was kept, at the cost of attack gradients, and everything says so. */
  static void assertKept(Path out, double deadline) throws IOException {
    Decision end = summary(out);
    assertThat(measured(end, "seconds")).isBetween(0.7 * deadline, TOLERANCE * deadline);
    assertThat(measured(end, "gradients_per_epoch"))
        .isLessThan(measured(end, "gradients_per_epoch_planned"));
    assertThat(end.why()).startsWith("gave up ").doesNotContain("nothing");
    assertValid(out);
    assertThat(Scorecard.read(out.resolve("scorecard.json")).flags())
        .anyMatch(flag -> flag.startsWith("the governor gave up "));
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("What the governor decided", "attack steps 20 -&gt; ");
  }

  static void assertValid(Path out) {
    try (Bundle bundle = Bundle.read(out.resolve("model.holdfast"))) {
      assertThat(bundle.scorecard()).isNotNull();
    }
  }
}
