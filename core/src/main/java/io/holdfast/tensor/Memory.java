package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Resident memory of this process, and a limit on it that fails with a message before the kernel's
 * killer strikes. The limit is {@code holdfast.memory.limit} in bytes (a system property), else 90%
 * of what the container or the machine has.
 */
public final class Memory {
  static final String REMEDY =
      "use a smaller batch, fewer workers, or raise -Dholdfast.memory.limit";
  private static final long CHECK_EVERY_NANOS = 50_000_000L;
  private static final long PAGE = 4096;
  private static final Path STATM = Path.of("/proc/self/statm");
  private static final AtomicLong NEXT_CHECK = new AtomicLong(Long.MIN_VALUE);
  private static volatile long limit = defaultLimit();

  private Memory() {}

  /** Resident bytes of this process, -1 where the system does not tell. */
  public static long residentBytes() {
    try {
      String[] fields = Files.readString(STATM, StandardCharsets.US_ASCII).split(" ", 3);
      return Long.parseLong(fields[1]) * PAGE;
    } catch (IOException | RuntimeException e) {
      return -1;
    }
  }

  /** Bytes this process may use: the container's limit, else the machine's memory. */
  public static long availableToProcess() {
    return List.of("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
        .stream()
        .mapToLong(Memory::groupLimit)
        .reduce(machineBytes(), Math::min);
  }

  private static long groupLimit(String file) {
    try {
      String text = Files.readString(Path.of(file), StandardCharsets.US_ASCII).strip();
      return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
    } catch (IOException | NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static long machineBytes() {
    if (java.lang.management.ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean os) {
      return os.getTotalMemorySize();
    }
    return Long.MAX_VALUE;
  }

  private static long defaultLimit() {
    Long set = Long.getLong("holdfast.memory.limit");
    return set != null ? set : availableToProcess() / 10 * 9;
  }

  /** The limit on resident bytes that {@link #check} enforces. */
  public static long limitBytes() {
    return limit;
  }

  /** Sets the limit on resident bytes for this process. */
  public static void limitBytes(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException(
          "a memory limit is a positive number of bytes, not " + bytes);
    }
    limit = bytes;
  }

  /**
   * Fails when resident memory is above the limit. Looks at most every 50 ms, so that it may stand
   * in hot loops; scopes call it when they open.
   *
   * @throws HoldfastException naming what is held, the limit, and what to do
   */
  public static void check() {
    long now = System.nanoTime();
    long next = NEXT_CHECK.get();
    boolean due = next == Long.MIN_VALUE || now - next >= 0;
    if (due && NEXT_CHECK.compareAndSet(next, now + CHECK_EVERY_NANOS)) {
      checkNow();
    }
  }

  /** As {@link #check}, without sparing. */
  public static void checkNow() {
    checkRoom(0);
  }

  /**
   * Fails when so many more bytes would be above the limit.
   *
   * @throws HoldfastException as {@link #check}
   */
  static void checkRoom(double wanted) {
    long held = residentBytes();
    if (held + wanted > limit) {
      String more = wanted > 0 ? ", wants " + gibibytes(wanted) + " more" : "";
      throw new HoldfastException(
          "out of memory: this process holds "
              + gibibytes((double) held)
              + more
              + " and its limit is "
              + gibibytes((double) limit)
              + "; "
              + REMEDY);
    }
  }

  static String gibibytes(double bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
  }
}
