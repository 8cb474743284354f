package io.holdfast.common;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The right to write into a folder, held by one user of one process at a time and given up by the
 * system when the process dies.
 *
 * <p>The lock's file may be deleted with the lock ({@link #delete}), while others wait to lock the
 * same file: their lock would then be on a file that no one else will ever see. So an owner marks
 * what he has deleted with a byte, and whoever gets a lock looks whether the file is marked, and
 * whether the one at the path is still the one that was there when he opened it.
 */
public final class FolderLock implements Closeable {
  private static final int TRIES = 1000;

  /**
   * Files that this process has locked. On POSIX systems a process loses its lock on a file as soon
   * as it closes any of its channels to that file, so a second one must not even be opened.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path file;
  private final FileChannel channel;

  private FolderLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock, making its file where it is missing; the folder must be there.
   *
   * @return null if someone else has it
   */
  public static @Nullable FolderLock take(Path file) {
    synchronized (HELD) {
      try {
        Path real = real(file);
        for (int tries = 0; tries < TRIES && !HELD.contains(real); tries++) {
          Object before = identity(real);
          FileChannel channel = before == null ? null : open(real);
          if (channel == null) {
            make(real);
          } else if (!lock(channel)) {
            return null;
          } else if (isStill(before, real, channel)) {
            HELD.add(real);
            return new FolderLock(real, channel);
          }
        }
        return null;
      } catch (IOException e) {
        throw FileFailures.writing(file, e);
      }
    }
  }

  /**
   * Whether the lock could be taken now. A file that was left by a process which was killed is
   * deleted; none is made.
   */
  public static boolean isFree(Path file) {
    if (!Files.isRegularFile(file)) {
      return true;
    }
    FolderLock lock = take(file);
    if (lock != null) {
      lock.delete();
    }
    return lock != null;
  }

  private static Path real(Path file) throws IOException {
    Path absolute = file.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    if (folder == null) {
      throw new IOException("the root of a file system cannot be locked");
    }
    return folder.toRealPath().resolve(absolute.getFileName());
  }

  /** What tells a file from another one that takes its path later; null where there is none. */
  private static @Nullable Object identity(Path file) throws IOException {
    try {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      return key == null ? "a file" : key; // not every system tells
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static void make(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // Another process has just made it.
    }
  }

  private static @Nullable FileChannel open(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Locks the file, or closes the channel. */
  private static boolean lock(FileChannel channel) throws IOException {
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Someone in this process who does not know of us has locked it.
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked;
  }

  /** Whether it is the file at the path that was locked; closes the channel if it is not. */
  private static boolean isStill(@Nullable Object before, Path file, FileChannel channel)
      throws IOException {
    boolean still = false;
    try {
      still = channel.size() == 0 && before != null && before.equals(identity(file));
    } finally {
      if (!still) {
        channel.close();
      }
    }
    return still;
  }

  /** Deletes the file and gives the lock up; for a folder in which nothing of it is to be left. */
  public void delete() {
    synchronized (HELD) {
      if (!channel.isOpen()) {
        return;
      }
      try {
        Files.deleteIfExists(file);
        mark();
      } catch (IOException e) {
        throw FileFailures.writing(file, e);
      } finally {
        close();
      }
    }
  }

  /** Tells whoever has the deleted file open. */
  private void mark() {
    try {
      channel.write(ByteBuffer.allocate(1));
    } catch (IOException ignored) {
      // The disk is full: they have to tell by the file that is at the path.
    }
  }

  /** Gives the lock up; its file stays. */
  @Override
  public void close() {
    synchronized (HELD) {
      if (!channel.isOpen()) {
        return; // someone else may have it by now
      }
      try {
        channel.close();
      } catch (IOException e) {
        throw FileFailures.writing(file, e);
      } finally {
        HELD.remove(file);
      }
    }
  }
}
