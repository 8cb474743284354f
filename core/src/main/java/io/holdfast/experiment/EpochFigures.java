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
 * @param trained epochs that training came to, also where it ended early
 */
record EpochFigures(double clean, double robust, int trained) {

  /**
   * Reads the metrics of a training, as they stood when it had come to an epoch for the first time.
   *
   * @param best whether the most robust epoch counts, the first of equals, in place of the last
   * @param upTo the epoch, at least 1; one that was not reached for all there is
   */
  static EpochFigures read(Path metrics, boolean best, int upTo) {
    List<JsonNode> lines = new ArrayList<>();
    int trained = 0;
    long end = Long.MAX_VALUE; // the last step of that epoch
    for (JsonNode line : MetricsLog.read(metrics)) {
      String event = line.path("event").asText();
      if (event.equals("step") && line.path("step").asLong() > end) {
        break; // it went on later
      }
      if (event.equals("epoch") && line.path("epoch").asInt() == upTo) {
        end = Math.min(end, line.path("step").asLong());
      }
      if (event.equals("rollback")) { // what came after is gone
        lines.removeIf(of -> of.path("step").asLong() > line.path("to").asLong());
      } else if (event.equals("epoch")) {
        trained = line.path("epoch").asInt();
        if (line.has("clean_accuracy")) {
          lines.add(line);
        }
      }
    }
    if (lines.isEmpty()) {
      throw new HoldfastException(metrics + " has no validation at an epoch's end");
    }
    JsonNode told =
        best
            ? lines.stream()
                .sorted(Comparator.comparingDouble(line -> -robust(line)))
                .findFirst()
                .orElseThrow()
            : lines.get(lines.size() - 1);
    return new EpochFigures(told.path("clean_accuracy").asDouble(), robust(told), trained);
  }

  private static double robust(JsonNode line) {
    return line.path("robust_accuracy").asDouble(line.path("clean_accuracy").asDouble());
  }
}
