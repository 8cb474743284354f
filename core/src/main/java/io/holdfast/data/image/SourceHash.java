package io.holdfast.data.image;

import io.holdfast.common.Hashes;
import io.holdfast.common.Stopper;
import java.nio.file.Path;
import java.util.List;

/**
 * SHA-256 of a data set's files: of one file its own, so that {@code sha256sum} confirms it; of
 * several the hash of {@code sha256sum}'s lines, sorted by name.
 */
final class SourceHash {
  private SourceHash() {}

  static String of(List<Path> files, Stopper stopper) {
    if (files.size() == 1) {
      return Hashes.sha256Hex(files.get(0), stopper);
    }
    StringBuilder lines = new StringBuilder();
    files.stream()
        .sorted((a, b) -> a.toString().compareTo(b.toString()))
        .forEach(
            file ->
                lines
                    .append(Hashes.sha256Hex(file, stopper))
                    .append("  ")
                    .append(file.getFileName())
                    .append('\n'));
    return Hashes.sha256Hex(lines.toString());
  }
}
