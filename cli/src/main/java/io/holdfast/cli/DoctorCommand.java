package io.holdfast.cli;

import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.Processor;
import io.holdfast.tensor.SpeedProbe;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says what was found on this machine and what to do about each problem. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Says what this machine offers, and what to do about each problem.")
final class DoctorCommand extends BaseCommand {
  private static final Set<String> SHOWN_FLAGS =
      Set.of("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile", "asimd", "bf16");
  private static final long LITTLE_MEMORY = 3L << 30;
  private static final long LITTLE_DISK = 1L << 30;

  @Option(names = "--json", description = "Prints the findings as JSON alone.")
  private boolean json;

  /** One line of the report; a problem has advice. */
  private record Finding(String name, String value, @Nullable String advice) {}

  private final List<Finding> findings = new ArrayList<>();

  @Override
  public Integer call() {
    examineMachine();
    boolean works = examineEngine();
    PrintWriter out = screen();
    if (json) {
      out.println(Json.pretty(asMap()));
    } else {
      print(out);
    }
    return works ? Exit.DONE : Exit.FAILED;
  }

  private void examineMachine() {
    found(
        "Java",
        System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")");
    Set<String> flags = new TreeSet<>(Processor.flags());
    flags.retainAll(SHOWN_FLAGS);
    found("processor", Processor.name() + (flags.isEmpty() ? "" : ", " + String.join(" ", flags)));
    add(
        "bfloat16",
        Processor.hasBfloat16() ? "native" : "not native",
        Processor.hasBfloat16()
            ? null
            : "precision: auto computes in float32 here; a processor with avx512_bf16 or AMX is"
                + " about twice as fast");
    int cores = Processor.cores();
    add(
        "cores for this process",
        Integer.toString(cores),
        cores > 1 ? null : "give the container at least 2 cores; workers scale nearly linearly");
    long available = Memory.availableToProcess();
    add(
        "memory for this process",
        gib(available) + ", limit on resident memory " + gib(Memory.limitBytes()),
        available >= LITTLE_MEMORY
            ? null
            : "the quickstart wants about 1.5 GiB; give the container at least 3 GiB");
    if (Memory.residentBytes() < 0) {
      found(
          "limit on resident memory",
          "not enforced: this system does not say how much a process holds (docs/platforms.md)");
    }
  }

  private boolean examineEngine() {
    try {
      Engine.load();
    } catch (RuntimeException | LinkageError e) {
      add(
          "engine",
          "cannot be loaded: " + e.getMessage(),
          e instanceof InvalidInputException
              ? "choose another folder with HOLDFAST_CACHE=FOLDER"
              : "build again for this platform (rm -r .holdfast, then ./holdfast doctor), and see that"
                  + " the cache folder can be written");
      return false;
    }
    found("engine", "LibTorch " + Engine.version() + " for " + Engine.platform());
    Path cache = Engine.cacheFolder();
    long free = cache.toFile().getUsableSpace();
    add(
        "engine cache",
        cache + ", " + Format.bytes(sizeOf(cache)) + ", free " + gib(free),
        free > LITTLE_DISK
            ? null
            : "make room, or choose another folder with HOLDFAST_CACHE=FOLDER");
    found("device: auto", Device.parse("auto").toString());
    if (!Processor.hasBfloat16()) {
      found("bfloat16 speed-up", "not measured: not native here");
    } else {
      double ratio = SpeedProbe.bfloat16SpeedUp();
      add(
          "bfloat16 speed-up, measured",
          String.format(Locale.ROOT, "%.2fx on two 3x3 convolutions, forward and back", ratio),
          ratio > 1.1
              ? null
              : "use precision: float32, or look for other load on this machine and measure again");
    }
    return true;
  }

  private void found(String name, String value) {
    add(name, value, null);
  }

  private void add(String name, String value, @Nullable String advice) {
    findings.add(new Finding(name, value, advice));
  }

  private Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Finding f : findings) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("found", f.value());
      entry.put("ok", f.advice() == null);
      if (f.advice() != null) {
        entry.put("advice", f.advice());
      }
      map.put(f.name(), entry);
    }
    return map;
  }

  private void print(PrintWriter out) {
    int width = findings.stream().mapToInt(f -> f.name().length()).max().orElse(0);
    for (Finding f : findings) {
      out.printf(
          "%-6s %-" + width + "s  %s%n", f.advice() == null ? "ok" : "check", f.name(), f.value());
      if (f.advice() != null) {
        out.printf("%6s %" + width + "s  -> %s%n", "", "", f.advice());
      }
    }
  }

  private static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
  }

  /**
   * Bytes of all files in a folder; a link takes no room, the engine's cache has some to files that
   * are in it as well. 0 if it cannot be read.
   */
  static long sizeOf(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }
}
