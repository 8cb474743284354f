package io.holdfast.common.governor;

import java.time.LocalTime;
import org.jspecify.annotations.Nullable;

/** What a governor measures. Safe for many threads; tests script them. */
public interface Gauges {
  /** A clock in nanoseconds that never goes back; it runs on while the process is stopped. */
  long nanos();

  /** Processor time of this process so far, in seconds over all its threads. */
  double coreSeconds();

  /** How busy the machine is, since this was last asked. */
  Load load();

  /**
   * The most memory that this process held since this was last asked, native memory included and
   * mapped files not; -1 where the system does not tell.
   */
  long memoryBytes();

  /** The time of day where the machine stands, or null where there is no clock. */
  @Nullable LocalTime timeOfDay();

  /** Waits. */
  void sleep(long millis);

  /** Gives memory that is free back to the system, as far as that can be done. */
  default void release() {}

  /**
   * How busy the machine is.
   *
   * @param cores of the machine
   * @param others of them that other processes use on average, or NaN where the system does not
   *     tell
   */
  record Load(double cores, double others) {
    /** Where the system does not tell. */
    public static final Load UNKNOWN = new Load(1, Double.NaN);
  }
}
