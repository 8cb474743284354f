package io.holdfast.common;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON lines that only grow, of which the first says what they are about: work that was killed goes
 * on with what is known, and with nothing that is about something else.
 */
public final class LineJournal implements AutoCloseable {
  private final MetricsLog log;
  private final List<JsonNode> known;

  private LineJournal(MetricsLog log, List<JsonNode> known) {
    this.log = log;
    this.known = known;
  }

  /**
   * Opens it, or begins it afresh.
   *
   * @param key of the first line
   * @param about its value: lines about something else are dropped
   * @param resume whether to go on with what is there
   */
  public static LineJournal open(Path file, String key, String about, boolean resume) {
    List<JsonNode> lines =
        resume && Files.exists(file) ? MetricsLog.read(file) : List.<JsonNode>of();
    if (lines.isEmpty() || !lines.get(0).path(key).asText().equals(about)) {
      LineJournal fresh = new LineJournal(MetricsLog.create(file), List.of());
      fresh.append(Map.of(key, about));
      return fresh;
    }
    return new LineJournal(
        MetricsLog.resume(file, whole(file)), List.copyOf(lines.subList(1, lines.size())));
  }

  /**
   * Refuses to go on with what is about something else; it stays.
   *
   * @param what it is about, as the key and value of the first line
   * @throws InvalidInputException if it is about something else
   */
  public static void requireAbout(Path file, String key, String what) {
    if (about(file, key).filter(found -> !found.equals(what)).isPresent()) {
      throw new InvalidInputException(
          file.toString(),
          "",
          "the journal of this " + key,
          "that of one with other settings or samples, or by another version",
          "leave out --resume to begin anew, or choose another folder");
    }
  }

  /**
   * What a journal is about.
   *
   * @param key of the first line
   * @return its value, empty if it has no such key; nothing if there is no line
   */
  public static Optional<String> about(Path file, String key) {
    List<JsonNode> lines = Files.exists(file) ? MetricsLog.read(file) : List.<JsonNode>of();
    return lines.stream().findFirst().map(line -> line.path(key).asText());
  }

  /** Bytes up to the end of the last line that was written whole. */
  private static long whole(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      int end = all.length;
      while (end > 0 && all[end - 1] != '\n') {
        end--;
      }
      return end;
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /** The lines that were there, but for the first. */
  public List<JsonNode> known() {
    return known;
  }

  /** Adds a line; {@code entry} is a map, a record or a JSON object. */
  public void append(Object entry) {
    log.append(entry);
  }

  /** Forces what was written to the disk. */
  public void sync() {
    log.sync();
  }

  @Override
  public void close() {
    log.close();
  }
}
