package io.holdfast.data.image;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Many small files by name, of a folder or within a zip; read where they lie. */
interface FileStore {
  /** Longest file that is read. */
  int MOST_BYTES = 1 << 28;

  /** Relative names with {@code /}. */
  List<String> names();

  /** At most {@code limit} bytes from the start of a file. */
  byte[] read(String name, int limit) throws IOException;

  /** The files below a folder; links are followed. */
  static FileStore folder(Path root) {
    List<String> names;
    try (Stream<Path> walk = Files.walk(root, 8, FileVisitOption.FOLLOW_LINKS)) {
      names =
          walk.filter(Files::isRegularFile)
              .map(file -> root.relativize(file).toString().replace('\\', '/'))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw FileFailures.reading(root, e);
    } catch (UncheckedIOException e) {
      throw FileFailures.reading(root, Objects.requireNonNull(e.getCause()));
    }
    return new FileStore() {
      @Override
      public List<String> names() {
        return names;
      }

      @Override
      public byte[] read(String name, int limit) throws IOException {
        try (InputStream in = Files.newInputStream(root.resolve(name))) {
          return in.readNBytes(limit);
        }
      }
    };
  }

  /** The entries of a zip; only its table is kept in memory. */
  static FileStore zip(Path file) {
    return new ZipStore(file, open(file));
  }

  private static ZipFile open(Path file) {
    try {
      return new ZipFile(file.toFile());
    } catch (IOException | IllegalArgumentException e) {
      if (!Files.isReadable(file) && e instanceof IOException io) {
        throw FileFailures.reading(file, io);
      }
      throw damaged(file, e);
    }
  }

  private static InvalidInputException damaged(Path file, Exception e) {
    String found = "damaged or truncated: " + e.getMessage();
    return new InvalidInputException(
        List.of(new Problem(file.toString(), "", "a whole zip archive", found)), e);
  }

  /** A zip; {@link ZipFile} serialises the reads itself and is closed with its last reference. */
  final class ZipStore implements FileStore {
    private final Path file;
    private final ZipFile zip;
    private final Map<String, ZipEntry> entries = new HashMap<>();

    private ZipStore(Path file, ZipFile zip) {
      this.file = file;
      this.zip = zip;
      try {
        zip.stream().filter(e -> !e.isDirectory()).forEach(this::add);
      } catch (IllegalArgumentException e) {
        throw damaged(file, e);
      }
    }

    private void add(ZipEntry entry) {
      if (entries.put(entry.getName(), entry) != null) {
        throw new InvalidInputException(
            file.toString(), entry.getName(), "an entry once", "the same name twice");
      }
    }

    @Override
    public List<String> names() {
      return entries.keySet().stream().sorted().toList();
    }

    @Override
    public byte[] read(String name, int limit) throws IOException {
      ZipEntry entry = entries.get(name);
      if (entry == null) {
        throw new IOException("no entry " + name);
      }
      try (InputStream in = zip.getInputStream(entry)) {
        return in.readNBytes(limit);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    /** A stream over one entry, for content larger than an array. */
    InputStream stream(String name) throws IOException {
      return zip.getInputStream(new ZipEntry(name));
    }
  }
}
