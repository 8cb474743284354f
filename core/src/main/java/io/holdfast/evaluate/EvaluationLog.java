package io.holdfast.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The times of an evaluation in {@code metrics.jsonl}, behind what training has written there: one
 * line {@code {"event": "evaluation", "phase": .., "images": .., "seconds": .., "accuracy": ..}}
 * per chunk.
 */
final class EvaluationLog implements AutoCloseable {
  private static final String EVENT = "evaluation";

  private final @Nullable MetricsLog log;
  private final Map<String, Double> seconds = new LinkedHashMap<>();

  private EvaluationLog(@Nullable MetricsLog log) {
    this.log = log;
  }

  /** Seconds of all chunks by phase, those of the runs before this one too. */
  Map<String, Double> seconds() {
    return seconds;
  }

  /**
   * @param folder null to write nothing
   * @param resume false to drop the lines of an earlier evaluation
   */
  static EvaluationLog open(@Nullable Path folder, boolean resume) {
    if (folder == null) {
      return new EvaluationLog(null);
    }
    Path file = folder.resolve("metrics.jsonl");
    StringBuilder kept = new StringBuilder();
    Map<String, Double> earlier = new LinkedHashMap<>();
    if (Files.exists(file)) {
      for (JsonNode line : MetricsLog.read(file)) {
        if (resume || !line.path("event").asText().equals(EVENT)) {
          kept.append(Json.compact(line)).append('\n');
          if (line.path("event").asText().equals(EVENT)) {
            earlier.merge(
                line.path("phase").asText(), line.path("seconds").asDouble(), Double::sum);
          }
        }
      }
      AtomicFiles.write(file, kept.toString());
    }
    int bytes = kept.toString().getBytes(StandardCharsets.UTF_8).length;
    EvaluationLog log = new EvaluationLog(MetricsLog.resume(file, bytes));
    log.seconds.putAll(earlier);
    return log;
  }

  void chunk(String phase, int images, double took, double accuracy) {
    seconds.merge(phase, took, Double::sum);
    if (log == null) {
      return;
    }
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("event", EVENT);
    entry.put("phase", phase);
    entry.put("images", images);
    entry.put("seconds", took);
    entry.put("accuracy", accuracy);
    log.append(entry);
  }

  @Override
  public void close() {
    if (log != null) {
      log.close();
    }
  }
}
