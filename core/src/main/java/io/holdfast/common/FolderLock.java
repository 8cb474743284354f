package io.holdfast.common;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The right to write into a folder, held by one user of one process at a time and given up by the
 * system when the process dies.
 */
public final class FolderLock implements Closeable {
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
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null && Files.exists(file)) { // its last owner may have deleted it meanwhile
        return new FolderLock(file, channel);
      }
      channel.close();
    } catch (OverlappingFileLockException e) {
      closeQuietly(channel);
    } catch (IOException e) {
      closeQuietly(channel);
      throw FileFailures.writing(file, e);
    }
    return null;
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException ignored) {
      // Nothing was written through it, and the failure that led here is the one to report.
    }
  }

  /** Deletes the file and gives the lock up; for a folder in which nothing of it is to be left. */
  public void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    } finally {
      close();
    }
  }

  /** Gives the lock up; its file stays. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }
}
