package io.holdfast.record;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The segments of an unfinished ledger: {@code segment-00001.hfl} and on, in one folder. */
final class Segments {
  /** A writer starts a new segment when the last has grown to this size. */
  static final long FULL = 16L << 20;

  private static final long LARGEST = 256L << 20;

  private Segments() {}

  static Path path(Path folder, int number) {
    return folder.resolve(String.format(Locale.ROOT, "segment-%05d.hfl", number));
  }

  static int number(Path segment) {
    String name = String.valueOf(segment.getFileName());
    return Integer.parseInt(name.substring("segment-".length(), name.length() - ".hfl".length()));
  }

  /** The segments of a folder in order; none if it does not exist. */
  static List<Path> list(Path folder) {
    List<Path> segments = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(folder, "segment-[0-9][0-9][0-9][0-9][0-9].hfl")) {
        files.forEach(segments::add);
      } catch (IOException e) {
        throw FileFailures.reading(folder, e);
      }
    }
    Collections.sort(segments);
    return segments;
  }

  /**
   * Cuts off what a kill has left half written at the end of the last segment.
   *
   * @return number of bytes cut off
   * @throws InvalidInputException if a segment is damaged otherwise
   */
  static long repair(Path folder) {
    List<Path> segments = list(folder);
    if (segments.isEmpty()) {
      return 0;
    }
    Path last = segments.get(segments.size() - 1);
    byte[] bytes = bytes(last);
    int end = SegmentFormat.scan(bytes, last, true).end();
    try {
      if (end <= SegmentFormat.HEADER) {
        Files.delete(last);
      } else if (end < bytes.length) {
        try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
          channel.truncate(end).force(true);
        }
      }
    } catch (IOException e) {
      throw FileFailures.writing(last, e);
    }
    return (long) bytes.length - end;
  }

  /** The provenance, if there is a whole segment. */
  static Optional<Provenance> provenance(Path folder) {
    for (Path segment : list(folder)) {
      for (SegmentFormat.Block block : scan(folder, segment).blocks()) {
        if (!block.isProvenance()) {
          throw SegmentFormat.damaged(segment, block.offset(), "the provenance", "rows");
        }
        String json = SegmentFormat.provenance(block);
        return Optional.of(Json.parse(json, segment.toString(), Provenance.class));
      }
    }
    return Optional.empty();
  }

  /** All rows in the order of writing, one segment in memory at a time. */
  static Iterable<Attempt> rows(Path folder) {
    return () -> stream(folder).iterator();
  }

  /** As {@link #rows}. */
  static Stream<Attempt> stream(Path folder) {
    return list(folder).stream().flatMap(segment -> rows(folder, segment));
  }

  private static Stream<Attempt> rows(Path folder, Path segment) {
    List<SegmentFormat.Block> blocks = scan(folder, segment).blocks();
    return blocks.stream()
        .filter(block -> !block.isProvenance())
        .flatMap(block -> SegmentFormat.rows(block, segment).stream());
  }

  private static SegmentFormat.Content scan(Path folder, Path segment) {
    List<Path> segments = list(folder);
    boolean last = segments.indexOf(segment) == segments.size() - 1;
    return SegmentFormat.scan(bytes(segment), segment, last);
  }

  private static byte[] bytes(Path segment) {
    try {
      if (Files.size(segment) > LARGEST) {
        throw SegmentFormat.damaged(
            segment, LARGEST, "a segment of less than 256 MiB", Files.size(segment) + " bytes");
      }
      return Files.readAllBytes(segment);
    } catch (IOException e) {
      throw FileFailures.reading(segment, e);
    }
  }
}
