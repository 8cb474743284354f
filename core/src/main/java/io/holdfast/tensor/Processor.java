package io.holdfast.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** What the processor can do, as it says itself. */
public final class Processor {
  private static final Set<String> FLAGS = read("flags", "Features");
  private static final Set<String> NAME = read("model name");

  private Processor() {}

  private static Set<String> read(String... keys) {
    Set<String> found = new TreeSet<>();
    try {
      for (String line :
          Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1)) {
        int colon = line.indexOf(':');
        for (String key : keys) {
          if (colon > 0 && line.substring(0, colon).strip().equals(key)) {
            String value = line.substring(colon + 1).strip();
            found.addAll(key.equals("model name") ? Set.of(value) : Set.of(value.split("\\s+")));
            return found;
          }
        }
      }
    } catch (IOException e) {
      return found;
    }
    return found;
  }

  /** The processor's feature flags; empty where the system does not tell. */
  public static Set<String> flags() {
    return Set.copyOf(FLAGS);
  }

  public static String name() {
    return NAME.isEmpty() ? System.getProperty("os.arch") : NAME.iterator().next();
  }

  /** True where bfloat16 products are native (avx512_bf16, AMX, or Arm's bf16). */
  public static boolean hasBfloat16() {
    return FLAGS.contains("avx512_bf16") || FLAGS.contains("amx_bf16") || FLAGS.contains("bf16");
  }

  /** Cores that this process may use, as its container has it. */
  public static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }
}
