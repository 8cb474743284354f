package io.holdfast.common.governor;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this machine says: processor times of {@code /proc/stat} on Linux, those of the virtual
 * machine's {@code OperatingSystemMXBean} elsewhere. In a container {@code /proc/stat} is that of
 * the whole machine.
 */
public final class SystemGauges implements Gauges {
  private static final Path STAT = Path.of("/proc/stat");
  private static final long SPAN_NANOS = 250_000_000L; // less is too coarse for times in ticks
  private static final int IDLE = 3; // user nice system idle iowait irq softirq steal
  private static final int IO_WAIT = 4;
  private static final int STEAL = 7;

  private final LongSupplier memory;
  private final Runnable release;
  private @Nullable Sample before;
  private Load last = Load.UNKNOWN;

  /**
   * @param memory most bytes held since the last call, -1 if unknown
   * @param release gives free memory back to the system
   */
  public SystemGauges(LongSupplier memory, Runnable release) {
    this.memory = memory;
    this.release = release;
    load();
  }

  /**
   * Processor times up to a moment, in seconds.
   *
   * @param nanos the moment
   * @param cores of the machine
   * @param busy share of all cores' time that was spent, over {@code total}
   * @param total ticks of all cores
   * @param own of this process
   */
  private record Sample(long nanos, double cores, double busy, double total, double own) {}

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public double coreSeconds() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean os
        ? os.getProcessCpuTime() / 1e9
        : Double.NaN;
  }

  @Override
  public synchronized Load load() {
    Sample earlier = before;
    if (earlier != null && nanos() - earlier.nanos() < SPAN_NANOS) {
      return last;
    }
    Sample now = sample();
    if (now == null) {
      last = portable();
    } else if (earlier != null && now.total() > earlier.total()) {
      double share = (now.busy() - earlier.busy()) / (now.total() - earlier.total());
      double mine = (now.own() - earlier.own()) * 1e9 / (now.nanos() - earlier.nanos());
      last = new Load(now.cores(), Math.max(0, share * now.cores() - mine));
    }
    before = now;
    return last;
  }

  private @Nullable Sample sample() {
    try {
      List<String> lines = Files.readAllLines(STAT, StandardCharsets.US_ASCII);
      String[] all = lines.get(0).strip().split("\\s+", -1); // "cpu" and times
      double total = 0;
      for (int i = 0; i <= STEAL; i++) {
        total += Double.parseDouble(all[1 + i]);
      }
      double idle = Double.parseDouble(all[1 + IDLE]) + Double.parseDouble(all[1 + IO_WAIT]);
      long cores = lines.stream().filter(line -> line.matches("cpu\\d+ .*")).count();
      return new Sample(nanos(), cores, total - idle, total, coreSeconds());
    } catch (IOException | RuntimeException e) {
      return null; // another system
    }
  }

  private static Load portable() {
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean os) {
      double cores = os.getAvailableProcessors();
      double others = (os.getCpuLoad() - os.getProcessCpuLoad()) * cores;
      boolean known = os.getCpuLoad() >= 0 && os.getProcessCpuLoad() >= 0;
      return new Load(cores, known ? Math.max(0, others) : Double.NaN);
    }
    return Load.UNKNOWN;
  }

  @Override
  public long memoryBytes() {
    return memory.getAsLong();
  }

  /** By the clock of the system, in its time zone. Decides when work runs, never what comes out. */
  @Override
  public LocalTime timeOfDay() {
    return LocalTime.now(ZoneId.systemDefault());
  }

  @Override
  public void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void release() {
    release.run();
  }
}
