package io.holdfast.common.governor;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of a run in their order: in memory, and as lines of {@code journal.jsonl} once it
 * has a file. Safe for many threads.
 */
public final class Journal implements AutoCloseable {
  /** Its name in the folder of a run. */
  public static final String FILE = "journal.jsonl";

  private final List<Decision> decisions = new ArrayList<>();
  private @Nullable Path path;
  private @Nullable MetricsLog file;

  /**
   * Goes on with a file, or begins it with the first decision; those made before this call are
   * forgotten.
   *
   * @param keep bytes of it that count, as {@link #sync} gave them
   * @throws InvalidInputException if it is shorter, or holds something else
   */
  public synchronized void resume(Path folder, long keep) {
    close();
    Path place = folder.resolve(FILE);
    path = place;
    decisions.clear();
    if (keep > 0) {
      file = MetricsLog.resume(place, keep);
      decisions.addAll(read(place));
    } else if (Files.exists(place)) {
      file = MetricsLog.create(place);
    }
  }

  /** Goes on with all whole lines of a file, as an evaluation does behind training. */
  public void append(Path folder) {
    Path place = folder.resolve(FILE);
    try {
      byte[] content = Files.exists(place) ? Files.readAllBytes(place) : new byte[0];
      int whole = content.length;
      while (whole > 0 && content[whole - 1] != '\n') {
        whole--; // as a killed run leaves it
      }
      resume(folder, whole);
    } catch (IOException e) {
      throw FileFailures.reading(place, e);
    }
  }

  /** Writes a decision down. */
  public synchronized void add(Decision decision) {
    decisions.add(decision);
    Path place = path;
    if (place != null) {
      MetricsLog log = file == null ? MetricsLog.create(place) : file;
      file = log;
      log.append(decision);
    }
  }

  /** Those so far, the ones of the runs before this one too. */
  public synchronized List<Decision> decisions() {
    return List.copyOf(decisions);
  }

  /** Forces all lines to the disk; returns how many bytes they are. */
  public synchronized long sync() {
    if (file == null) {
      return 0;
    }
    file.sync();
    return file.offset();
  }

  /** Closes the file; decisions stay known. */
  @Override
  public synchronized void close() {
    if (file != null) {
      file.close();
      file = null;
    }
  }

  /**
   * The decisions of a file; an unfinished last line, as a killed run leaves it, is none.
   *
   * @throws InvalidInputException if it cannot be read or holds something else
   */
  public static List<Decision> read(Path file) {
    return MetricsLog.read(file, Decision.class, "a decision of a governor, as in a run's " + FILE);
  }
}
