package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.MetricsLog;
import java.nio.file.Path;
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
    List<EpochFigures> epochs =
        MetricsLog.read(metrics).stream()
            .filter(line -> line.path("event").asText().equals("epoch"))
            .filter(line -> line.has("clean_accuracy"))
            .map(EpochFigures::of)
            .toList();
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

  private static EpochFigures of(JsonNode line) {
    double clean = line.path("clean_accuracy").asDouble();
    return new EpochFigures(clean, line.path("robust_accuracy").asDouble(clean));
  }
}
