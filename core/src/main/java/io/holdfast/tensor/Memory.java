package io.holdfast.tensor;

import io.holdfast.common.Bytes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.OutOfMemoryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.bytedeco.javacpp.Pointer;

/**
 * Resident memory of this process that is its own, and a limit on it that fails with a message
 * before the kernel's killer strikes. Pages of mapped files do not count: where memory is short the
 * kernel drops them and reads them again, so data may be larger than the limit. The limit is the
 * system property {@code holdfast.memory.limit}, in bytes or as {@code 512m} or {@code 5g}, else
 * 90% of what the container or the machine has.
 */
public final class Memory {
  static final String REMEDY =
      "use a smaller batch or fewer workers, or raise the limit, such as"
          + " HOLDFAST_JAVA_OPTS=-Dholdfast.memory.limit=8g";
  private static final String PROPERTY = "holdfast.memory.limit";
  private static final long CHECK_EVERY_NANOS = 50_000_000L;
  private static final long PAGE = 4096;
  private static final Path STATM = Path.of("/proc/self/statm");
  private static final AtomicLong NEXT_CHECK = new AtomicLong(Long.MIN_VALUE);
  private static final Map<AtomicLong, Boolean> PEAKS = new WeakHashMap<>(); // of who asks for them
  private static final Set<Limit> LIMITS = ConcurrentHashMap.newKeySet(); // that are open
  private static volatile long limit; // of the process; 0 until it is asked for

  /** A limit that holds beside the process's own and other open ones, until it is closed. */
  public static final class Limit implements AutoCloseable {
    private final long bytes;

    private Limit(long bytes) {
      this.bytes = bytes;
      LIMITS.add(this);
    }

    @Override
    public void close() {
      LIMITS.remove(this);
    }
  }

  private Memory() {}

  /**
   * Resident bytes of this process without those of mapped files, data and libraries alike; -1
   * where the system does not tell.
   */
  public static long residentBytes() {
    try {
      // size, resident, and of these shared, which is backed by files
      String[] fields = Files.readString(STATM, StandardCharsets.US_ASCII).split(" ", 4);
      return (Long.parseLong(fields[1]) - Long.parseLong(fields[2])) * PAGE;
    } catch (IOException | RuntimeException e) {
      return -1;
    }
  }

  /**
   * A gauge of the most resident bytes that any {@link #check} saw since it was last asked, or
   * those of now if they are more; -1 where the system does not tell. Each gauge has a peak of its
   * own.
   */
  public static LongSupplier peaks() {
    AtomicLong peak = new AtomicLong();
    synchronized (PEAKS) {
      PEAKS.put(peak, true);
    }
    return () -> {
      long now = residentBytes();
      return Math.max(now, now < 0 ? -1 : peak.getAndSet(0));
    };
  }

  /** Gives memory that the engine's allocator keeps for later back to the system. */
  public static void release() {
    Engine.load();
    Pointer.trimMemory();
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
    String set = System.getProperty(PROPERTY);
    return set != null ? parse(set) : availableToProcess() / 10 * 9;
  }

  /** Bytes of a text such as {@code 1500000}, {@code 800k}, {@code 512m} or {@code 5g}. */
  static long parse(String text) {
    return Bytes.parse(text)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "-D" + PROPERTY,
                    "",
                    "bytes, or a size such as 512m or 5g",
                    "\"" + text + "\""));
  }

  /**
   * The limit on resident bytes that {@link #check} enforces: the least of the process's own and
   * all that are open.
   *
   * @throws InvalidInputException if the system property is no size
   */
  public static long limitBytes() {
    long now = limit;
    if (now == 0) {
      now = defaultLimit();
      limit = now;
    }
    long least = now;
    for (Limit open : LIMITS) {
      least = Math.min(least, open.bytes);
    }
    return least;
  }

  /** Opens a limit; several runs in one process may each have theirs. */
  public static Limit limited(long bytes) {
    return new Limit(positive(bytes));
  }

  /** Sets the process's own limit on resident bytes. */
  public static void limitBytes(long bytes) {
    limit = positive(bytes);
  }

  private static long positive(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException(
          "a memory limit is a positive number of bytes, not " + bytes);
    }
    return bytes;
  }

  /**
   * Fails when resident memory is above the limit. Looks at most every 50 ms, so that it may stand
   * in hot loops; scopes call it when they open.
   *
   * @throws OutOfMemoryException naming what is held, the limit, and what to do
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
   * Fails when so many more bytes would be above the limit although what the allocator kept for
   * later was given back.
   *
   * @throws OutOfMemoryException as {@link #check}
   */
  static void checkRoom(double wanted) {
    long held = residentBytes();
    long most = limitBytes();
    if (held + wanted > most) {
      release();
      held = residentBytes();
    }
    long seen = held;
    synchronized (PEAKS) {
      PEAKS.keySet().forEach(peak -> peak.accumulateAndGet(seen, Math::max));
    }
    if (held + wanted > most) {
      String more = wanted > 0 ? ", wants " + size(wanted) + " more" : "";
      throw new OutOfMemoryException(
          "out of memory: this process holds "
              + size((double) held)
              + more
              + " and its limit is "
              + size((double) most)
              + "; "
              + REMEDY);
    }
  }

  /** In MiB below 10 GiB, so that near sizes differ. */
  static String size(double bytes) {
    if (bytes < 10 * 0x1p30) {
      return String.format(Locale.ROOT, "%.0f MiB", bytes / 0x1p20);
    }
    return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
  }
}
