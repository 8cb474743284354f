package io.holdfast.common;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A file of JSON lines that only grows. Each line is handed to the system whole; a checkpoint
 * records {@link #offset} after {@link #sync}, and a resumed run cuts the file back to it, so that
 * no line appears twice. Thread-safe.
 */
public final class MetricsLog implements AutoCloseable {
  private static final int SHOWN = 60; // characters of a line in a message

  private final Path file;
  private final FileChannel channel;

  private MetricsLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Starts an empty log, in place of an older one. */
  public static MetricsLog create(Path file) {
    return resume(file, 0);
  }

  /**
   * Goes on with a log, dropping what lies beyond the offset.
   *
   * @param offset bytes to keep, as {@link #offset} gave them
   * @throws InvalidInputException if the file is shorter, or cannot be written
   */
  public static MetricsLog resume(Path file, long offset) {
    FileChannel channel = null;
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      long size = channel.size();
      if (size < offset) {
        channel.close();
        throw new InvalidInputException(
            file.toString(),
            "",
            "at least " + offset + " bytes, as the checkpoint says",
            size + " bytes");
      }
      channel.truncate(offset).position(offset);
      return new MetricsLog(file, channel);
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  /** Adds one line; {@code entry} is a map, a record or a JSON object. */
  public synchronized void append(Object entry) {
    ByteBuffer line =
        ByteBuffer.wrap((Json.compact(entry) + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  /** Bytes written so far, always at the end of a line. */
  public synchronized long offset() {
    try {
      return channel.position();
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  /** Forces what was written to the disk. */
  public synchronized void sync() {
    try {
      channel.force(false);
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  /** The entries of a log; an unfinished last line, as a killed run leaves it, is not one. */
  public static List<JsonNode> read(Path file) {
    return read(file, line -> true);
  }

  /**
   * As {@link #read(Path)}, of some lines alone.
   *
   * @param wanted asked for each line as it is written
   */
  public static List<JsonNode> read(Path file, Predicate<String> wanted) {
    List<String> lines = lines(file);
    List<JsonNode> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (wanted.test(lines.get(i))) {
        entries.add(Json.parse(lines.get(i), file + " line " + (i + 1)));
      }
    }
    return List.copyOf(entries);
  }

  /**
   * The entries of a log that has one kind of them alone.
   *
   * @param what an entry is, for messages
   * @throws InvalidInputException naming the first line that is none
   */
  public static <T> List<T> read(Path file, Class<T> type, String what) {
    List<T> entries = new ArrayList<>();
    for (String line : lines(file)) {
      String place = file + " line " + (entries.size() + 1);
      try {
        entries.add(Json.parse(line, place, type));
      } catch (InvalidInputException e) {
        throw new InvalidInputException(place, "", what, shown(line));
      }
    }
    return List.copyOf(entries);
  }

  private static String shown(String line) {
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }

  private static List<String> lines(Path file) {
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }
}
