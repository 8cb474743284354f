package io.holdfast.experiment;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FolderLock;
import io.holdfast.common.InvalidInputException;
import java.nio.file.Path;

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
    FolderLock lock = FolderLock.take(folder.resolve(FILE));
    if (lock == null) {
      throw taken(folder);
    }
    return new RunLock(lock);
  }

  /**
   * Checks that it could be taken; makes nothing.
   *
   * @throws InvalidInputException if another run is writing there
   */
  public static void requireFree(Path folder) {
    if (!FolderLock.isFree(folder.resolve(FILE))) {
      throw taken(folder);
    }
  }

  private static InvalidInputException taken(Path folder) {
    return new InvalidInputException(
        folder.toString(),
        "",
        "a folder that no other process is writing into",
        "one that another process is writing into",
        "wait for it to end, or choose another folder");
  }

  @Override
  public void close() {
    lock.delete();
  }
}
