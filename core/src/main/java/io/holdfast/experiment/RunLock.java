package io.holdfast.experiment;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FolderLock;
import io.holdfast.common.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The right to write results into a folder, for one run at a time; close it when all is written.
 * The system gives it up where the process is killed, and nothing of it is left in the folder
 * otherwise.
 */
public final class RunLock implements AutoCloseable {
  private static final String FILE = ".lock";

  private final FolderLock lock;

  private RunLock(FolderLock lock) {
    this.lock = lock;
  }

  /**
   * Takes it, making the folder where it is missing.
   *
   * @throws InvalidInputException if another run is writing there, or nobody can
   */
  public static RunLock take(Path folder) {
    requireFree(folder);
    AtomicFiles.ensureWritableFolder(folder);
    return new RunLock(required(FolderLock.take(folder.resolve(FILE)), folder));
  }

  /**
   * Checks that it could be taken; makes nothing.
   *
   * @throws InvalidInputException if another run is writing there
   */
  public static void requireFree(Path folder) {
    Path file = folder.resolve(FILE);
    if (Files.isRegularFile(file)) { // of a run under way, or of one that was killed
      required(FolderLock.take(file), folder).delete();
    }
  }

  private static FolderLock required(@Nullable FolderLock lock, Path folder) {
    if (lock == null) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "a folder that no other process is writing into",
          "one that another process is writing into",
          "wait for it to end, or choose another folder");
    }
    return lock;
  }

  @Override
  public void close() {
    lock.delete();
  }
}
