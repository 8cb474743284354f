package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.MetricsLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What training's own validation says.
 *
 * @param clean accuracy on held-out training samples, in [0, 1]
 * @param robust under validation's attack; clean accuracy without a threat model
 */
record EpochFigures(double clean, double robust) {

  /**
   * Reads the metrics of a training.
   *
   * @param best whether the most robust epoch counts, the first of equals, in place of the last
   */
  static EpochFigures read(Path metrics, boolean best) {
    List<JsonNode> lines = new ArrayList<>();
    for (JsonNode line : MetricsLog.read(metrics)) {
      String event = line.path("event").asText();
      if (event.equals("epoch") && line.has("clean_accuracy")) {
        lines.add(line);
      } else if (event.equals("rollback")) { // what came after is gone
        lines.removeIf(of -> of.path("step").asLong() > line.path("to").asLong());
      }
    }
    List<EpochFigures> epochs = lines.stream().map(EpochFigures::of).toList();
    if (epochs.isEmpty()) {
      throw new HoldfastException(metrics + " has no validation at an epoch's end");
    }
    return best
        ? epochs.stream()
            .sorted(Comparator.comparingDouble(e -> -e.robust))
            .findFirst()
            .orElseThrow()
        : epochs.get(epochs.size() - 1);
  }

  /** How many epochs were trained: the number of the last one that ended. */
  static int epochs(Path metrics) {
    return MetricsLog.read(metrics).stream()
        .filter(line -> line.path("event").asText().equals("epoch"))
        .mapToInt(line -> line.path("epoch").asInt())
        .reduce(0, (before, now) -> now);
  }

  private static EpochFigures of(JsonNode line) {
    double clean = line.path("clean_accuracy").asDouble();
    return new EpochFigures(clean, line.path("robust_accuracy").asDouble(clean));
  }
}
