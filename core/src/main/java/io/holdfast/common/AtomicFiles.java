package io.holdfast.common;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes files and folders so that a reader sees the old content or the new one and never a part:
 * content goes to a temporary name in the same folder, is forced to disk, and then takes the final
 * name. On failure the temporary is deleted and the old content stands. Failures are {@link
 * InvalidInputException} where another path would help and {@link HoldfastException} otherwise.
 */
public final class AtomicFiles {
  private static final String TEMPORARY = ".tmp-";
  private static final String REPLACED = ".old-";
  private static final AtomicLong COUNTER = new AtomicLong();

  private AtomicFiles() {}

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything to {@code out}, which is buffered; closing it is not needed and does no
     * harm.
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /** Fills a folder. */
  @FunctionalInterface
  public interface FolderContent {
    /** Writes everything below {@code folder}, which exists and is empty. */
    void writeTo(Path folder) throws IOException;
  }

  public static void write(Path file, byte[] content) {
    write(file, out -> out.write(content));
  }

  /** Writes text as UTF-8. */
  public static void write(Path file, String content) {
    write(file, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes {@code file}, making its parent folders where they are missing. */
  public static void write(Path file, Content content) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file.toString(), "", "a file to write", "a folder");
    }
    Path temporary = null;
    try {
      Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
      temporary = temporary(target);
      writeForced(temporary, content);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceFolder(target.getParent());
      temporary = null;
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    } catch (UncheckedIOException e) {
      throw FileFailures.writing(file, e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  /**
   * Writes a folder as a whole. Where {@code folder} exists it is replaced: the old one is moved
   * aside first and deleted last, so that a kill in between leaves one complete folder under one of
   * the two names; {@link #removeLeftovers} on the parent then brings it back.
   */
  public static void writeFolder(Path folder, FolderContent content) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new InvalidInputException(folder.toString(), "", "a folder to write", "a file");
    }
    Path temporary = null;
    Path old = null;
    try {
      Path target = folder.toAbsolutePath();
      temporary = Files.createDirectory(temporary(target));
      content.writeTo(temporary);
      forceTree(temporary);
      if (Files.exists(target)) {
        old = beside(target, REPLACED);
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      moveOrRestore(temporary, target, old);
      temporary = null;
      deleteQuietly(old); // only now: where it could not be put back it is the only one
      forceFolder(target.getParent());
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    } catch (UncheckedIOException e) {
      throw FileFailures.writing(folder, e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  /**
   * Checks that {@link #ensureWritableFolder} would succeed, without making the folder: a file can
   * be made and deleted in the nearest parent that is there.
   */
  public static void requireWritableFolder(Path folder) {
    Path there = folder.toAbsolutePath().normalize();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    requireNoFile(there);
    try {
      probe(there);
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  private static void requireNoFile(Path folder) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "a folder to write into",
          "a file of that name",
          "choose another folder, or move the file away");
    }
  }

  private static void probe(Path folder) throws IOException {
    Path probe = temporary(folder.toAbsolutePath().resolve("probe"));
    Files.write(probe, new byte[0], StandardOpenOption.CREATE_NEW);
    Files.delete(probe);
  }

  /** Deletes a file, if it is there. */
  public static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  /** Makes a folder and its parents, and checks that files can be written there. */
  public static void ensureWritableFolder(Path folder) {
    requireNoFile(folder);
    try {
      Files.createDirectories(folder);
      probe(folder);
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  /**
   * Deletes what killed writers have left in {@code folder}; call it only while nobody writes
   * there. A folder that was moved aside and whose successor never took its place is the only copy:
   * it gets its name back.
   */
  public static void removeLeftovers(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try {
      for (Path replaced : hidden(folder, REPLACED)) {
        Path original = original(replaced);
        if (!Files.exists(original, LinkOption.NOFOLLOW_LINKS)) {
          Files.move(replaced, original, StandardCopyOption.ATOMIC_MOVE);
        }
        deleteQuietly(replaced);
      }
      hidden(folder, TEMPORARY).forEach(AtomicFiles::deleteQuietly);
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  /** Whether {@link #removeLeftovers} would take care of a file of that name. */
  public static boolean isLeftover(String name) {
    return isHidden(name, REPLACED) || isHidden(name, TEMPORARY);
  }

  /** Whether a name is {@code .NAME<kind>NUMBER}. */
  private static boolean isHidden(String name, String kind) {
    return name.matches("\\..*" + Pattern.quote(kind) + "[0-9a-f]+");
  }

  /** The entries {@code .NAME<kind>NUMBER} of a folder, the newest first. */
  private static List<Path> hidden(Path folder, String kind) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(folder, path -> isHidden(path.getFileName() + "", kind))) {
      entries.forEach(found::add);
    } catch (DirectoryIteratorException e) {
      throw Objects.requireNonNull(e.getCause());
    }
    Map<Path, FileTime> times = new HashMap<>();
    for (Path path : List.copyOf(found)) {
      try {
        times.put(path, Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS));
      } catch (NoSuchFileException e) { // someone has come to the end of writing it
        found.remove(path);
      }
    }
    found.sort(Comparator.comparing(times::get, Comparator.reverseOrder()));
    return found;
  }

  private static Path original(Path replaced) {
    String name = String.valueOf(replaced.getFileName());
    return replaced.resolveSibling(name.substring(1, name.lastIndexOf(REPLACED)));
  }

  private static Path temporary(Path target) throws IOException {
    return beside(target, TEMPORARY);
  }

  private static Path beside(Path target, String kind) throws IOException {
    Path parent = target.getParent();
    Path name = target.getFileName();
    if (parent == null || name == null) {
      throw new IOException("the root of a file system cannot be written");
    }
    Files.createDirectories(parent);
    long unique = (ProcessHandle.current().pid() << 20) | (COUNTER.getAndIncrement() & 0xfffff);
    return parent.resolve("." + name + kind + Long.toHexString(unique));
  }

  private static void writeForced(Path file, Content content) throws IOException {
    // TRUNCATE, not CREATE_NEW: a file of this name can only be the rest of a killed process that
    // had our number.
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
        OutputStream out =
            new BufferedOutputStream(new Unclosable(Channels.newOutputStream(channel)), 1 << 16)) {
      content.writeTo(out);
      out.flush();
      channel.force(true);
    }
  }

  private static void moveOrRestore(Path from, Path target, @Nullable Path old) throws IOException {
    try {
      Files.move(from, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (old != null) {
        Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
  }

  private static void forceTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
              channel.force(true);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
              throws IOException {
            forceFolder(folder);
            return super.postVisitDirectory(folder, e);
          }
        });
  }

  /**
   * Forces a rename to disk where the platform lets a folder be opened (Linux, macOS); elsewhere
   * the rename alone must do.
   */
  private static void forceFolder(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException ignored) {
      // Windows cannot open a folder; the content itself has been forced already.
    }
  }

  private static void deleteQuietly(@Nullable Path path) {
    if (path == null || !Files.exists(path)) {
      return;
    }
    try {
      Files.walkFileTree(path, DELETE);
    } catch (IOException ignored) {
      // A leftover temporary harms nobody, and the failure that led here is the one to report.
    }
  }

  private static final SimpleFileVisitor<Path> DELETE =
      new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
            throws IOException {
          Files.delete(file);
          return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
            throws IOException {
          Files.delete(folder);
          return FileVisitResult.CONTINUE;
        }
      };

  /**
   * Lets writers such as a zip stream close what they wrap, while the channel stays open to be
   * forced.
   */
  private static final class Unclosable extends FilterOutputStream {
    Unclosable(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
