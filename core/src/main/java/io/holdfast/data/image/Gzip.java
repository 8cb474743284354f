package io.holdfast.data.image;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Compressed files, recognised by content, not by name. */
final class Gzip {
  private static final int BUFFER = 1 << 16;

  private Gzip() {}

  /** Whether a file starts with gzip's magic. */
  static boolean is(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.read() == 0x1f && in.read() == 0x8b;
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /** The content of a file, unpacked if it is compressed. */
  static InputStream open(Path file) throws IOException {
    boolean packed = is(file);
    InputStream raw = Files.newInputStream(file);
    try {
      return packed ? new GZIPInputStream(raw, BUFFER) : new BufferedInputStream(raw, BUFFER);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /** One message for a stream that broke off. */
  static InvalidInputException failure(Path file, IOException cause) {
    boolean cut = cause instanceof EOFException;
    if (!cut && !(cause instanceof ZipException)) {
      return FileFailures.reading(file, cause);
    }
    String found = cut ? "it ends too early" : "damaged: " + cause.getMessage();
    String hint = cut ? "the file is truncated; fetch it again" : "fetch the file again";
    return new InvalidInputException(
        List.of(new Problem(file.toString(), "", "a whole .gz file", found, hint)), cause);
  }
}
