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

  private EvaluationLog(@Nullable MetricsLog log) {
    this.log = log;
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
    if (Files.exists(file)) {
      for (JsonNode line : MetricsLog.read(file)) {
        if (resume || !line.path("event").asText().equals(EVENT)) {
          kept.append(Json.compact(line)).append('\n');
        }
      }
      AtomicFiles.write(file, kept.toString());
    }
    int bytes = kept.toString().getBytes(StandardCharsets.UTF_8).length;
    return new EvaluationLog(MetricsLog.resume(file, bytes));
  }

  void chunk(String phase, int images, double seconds, double accuracy) {
    if (log == null) {
      return;
    }
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("event", EVENT);
    entry.put("phase", phase);
    entry.put("images", images);
    entry.put("seconds", seconds);
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
