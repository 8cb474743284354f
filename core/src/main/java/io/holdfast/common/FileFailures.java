package io.holdfast.common;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns an {@link IOException} into one message that names the file and says what to do. */
public final class FileFailures {
  private FileFailures() {}

  /** The failure to read a file that the user named, as an {@link InvalidInputException}. */
  public static InvalidInputException reading(Path file, IOException cause) {
    String source = file.toString();
    if (cause instanceof NoSuchFileException || cause instanceof FileNotFoundException) {
      return invalid(source, "an existing file", "no such file", missingHint(file), cause);
    }
    if (cause instanceof AccessDeniedException) {
      return invalid(source, "a readable file", "permission denied", null, cause);
    }
    if (Files.isDirectory(file)) {
      return invalid(source, "a file", "a folder", null, cause);
    }
    if (cause instanceof CharacterCodingException) {
      return invalid(source, "text in UTF-8", "other bytes", null, cause);
    }
    return invalid(source, "a readable file", reason(cause), null, cause);
  }

  /**
   * The failure to write a file: an {@link InvalidInputException} where another path would help
   * (permission, read-only, a file in the way), a plain {@link HoldfastException} where the machine
   * is at fault (disk full, hardware).
   */
  public static HoldfastException writing(Path file, IOException cause) {
    String source = file.toString();
    String reason = reason(cause);
    String lower = reason.toLowerCase(Locale.ROOT);
    if (lower.contains("no space left")
        || lower.contains("not enough space")
        || lower.contains("quota exceeded")) {
      return new HoldfastException(
          source
              + ": the disk is full ("
              + reason
              + "); free some space and run again (a long job goes on with --resume)",
          cause);
    }
    if (cause instanceof AccessDeniedException
        || lower.contains("read-only")
        || lower.contains("permission denied")) {
      return invalid(
          source,
          "a writable place",
          reason.isEmpty() ? "permission denied" : reason,
          "choose another folder",
          cause);
    }
    if (cause instanceof NoSuchFileException) {
      return invalid(
          source, "an existing parent folder", "no such folder", missingHint(file), cause);
    }
    if (cause instanceof FileAlreadyExistsException
        || cause instanceof NotDirectoryException
        || lower.contains("not a directory")
        || fileInTheWay(file)) {
      return invalid(source, "a folder", "a file of that name", "choose another folder", cause);
    }
    return new HoldfastException(source + ": writing failed: " + reason, cause);
  }

  /** The {@link IOException} within an unchecked one. */
  static HoldfastException writing(Path file, UncheckedIOException cause) {
    return writing(file, Objects.requireNonNull(cause.getCause()));
  }

  private static boolean fileInTheWay(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent != null && Files.exists(parent) && !Files.isDirectory(parent);
  }

  private static @Nullable String missingHint(Path file) {
    Path parent = file.toAbsolutePath().normalize().getParent();
    return parent == null || Files.isDirectory(parent)
        ? null
        : "the folder " + parent + " does not exist";
  }

  private static String reason(IOException cause) {
    if (cause instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private static InvalidInputException invalid(
      String source, String expected, String found, @Nullable String hint, IOException cause) {
    return new InvalidInputException(
        List.of(new Problem(source, "", expected, found, hint)), cause);
  }
}
