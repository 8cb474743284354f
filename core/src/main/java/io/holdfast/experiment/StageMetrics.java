package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import java.nio.file.Path;
import java.util.List;

/**
 * The metrics of a run in stages: those of its stages one after the other, each line with the name
 * of its {@code stage}, steps and epochs counted on, and before them a line with {@code "event":
 * "stage"}.
 */
final class StageMetrics {
  private static final List<String> STEPS = List.of("step", "to");
  private static final List<String> EPOCHS = List.of("epoch", "to_epoch");

  private long steps;
  private double epochs;
  private final StringBuilder lines = new StringBuilder();

  private StageMetrics() {}

  /** Writes the metrics of a run anew from those of its stages, which have all ended. */
  static void join(Path run, List<Stage> stages) {
    StageMetrics all = new StageMetrics();
    for (Stage stage : stages) {
      all.add(stage, MetricsLog.read(new RunFolder(Pipeline.folder(run, stage.name())).metrics()));
    }
    AtomicFiles.write(new RunFolder(run).metrics(), all.lines.toString());
  }

  private void add(Stage stage, List<JsonNode> entries) {
    ObjectNode head = Json.object();
    head.put("event", "stage");
    head.put("stage", stage.name());
    head.put("objective", stage.experiment().training().objective().name());
    head.put("step", steps);
    head.put("epoch", epochs);
    append(head);
    long lastStep = 0;
    double lastEpoch = 0;
    for (JsonNode entry : entries) {
      boolean back = entry.path("event").asText().equals("rollback");
      lastStep = entry.path(back ? "to" : "step").asLong(lastStep);
      lastEpoch = entry.path(back ? "to_epoch" : "epoch").asDouble(lastEpoch);
      ObjectNode line = entry.deepCopy();
      line.put("stage", stage.name());
      STEPS.stream().filter(line::has).forEach(k -> line.put(k, steps + line.path(k).asLong()));
      EPOCHS.stream().filter(line::has).forEach(k -> later(line, k));
      append(line);
    }
    steps += lastStep;
    epochs += lastEpoch;
  }

  /** Epochs are whole numbers in some lines, fractions in others. */
  private void later(ObjectNode line, String key) {
    double sum = epochs + line.path(key).asDouble();
    if (line.path(key).isIntegralNumber() && sum == Math.rint(sum)) {
      line.put(key, (long) sum);
    } else {
      line.put(key, sum);
    }
  }

  private void append(ObjectNode line) {
    lines.append(Json.compact(line)).append('\n');
  }
}
