package io.holdfast.attack;

import java.nio.file.Path;

/**
 * A file that keeps where an attack stands while it runs.
 *
 * @param path in a folder that exists; nobody else writes it
 * @param of whatever decides the results beside the attack, its seed, its threat model and the ids
 *     and labels of the samples: the model, the values of the data, the version of the code. A file
 *     of something else is passed over and replaced.
 * @param spacing a writing comes only so many times what the last one took after it, at least 0; 0
 *     keeps every shard of every round
 */
public record CheckpointFile(Path path, String of, int spacing) {
  /** The name that goes with attacks that write into a folder. */
  public static final String NAME = "attack.checkpoint";

  private static final int SPACING = 50; // two hundredths of the time at most

  /** With writings that take at most a fiftieth of the time. */
  public CheckpointFile(Path path, String of) {
    this(path, of, SPACING);
  }
}
