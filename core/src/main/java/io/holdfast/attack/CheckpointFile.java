package io.holdfast.attack;

import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A file that keeps where an attack stands while it runs.
 *
 * @param path in a folder that exists; nobody else writes it
 * @param of whatever decides the results beside the attack, its seed, the threat model, the inputs,
 *     their labels and ids, and the model's answers to them: the version of the code, and what else
 *     a model is made of. A file of something else is passed over and replaced.
 * @param told of a file that cannot be written, after which the attack goes on without
 * @param pace how much of the time may go into it
 */
public record CheckpointFile(Path path, String of, Consumer<String> told, Pace pace) {
  /** The name that goes with attacks that write into a folder. */
  public static final String NAME = "attack.checkpoint";

  /**
   * How much of the time may go into a checkpoint.
   *
   * @param spacing writings take at most one of so many parts of the time, at least 0; 0 for any
   * @param first seconds before the first one
   * @param nanos the clock that this goes by, in nanoseconds
   */
  public record Pace(double spacing, double first, LongSupplier nanos) {
    /** Writings take at most a fiftieth of the time, and nothing in the first second. */
    public static final Pace USUAL = new Pace(50, 1, System::nanoTime);

    /** Every shard of every round is kept. */
    public static final Pace ALWAYS = new Pace(0, 0, System::nanoTime);
  }

  /** At the usual pace. */
  public CheckpointFile(Path path, String of, Consumer<String> told) {
    this(path, of, told, Pace.USUAL);
  }
}
