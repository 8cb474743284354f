package io.holdfast.attack.library;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** By what the examples of a library are called hard. */
public enum Difficulty {
  /** The probability that the attacked model gives the wrong class. */
  CONFIDENCE,
  /** The number of models that are known to fall for it: its own, and those measured. */
  MODELS,
  /** The number of attacks, by name, that felled the same sample in this library. */
  ATTACKS;

  /** The name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** How hard an entry is; higher is harder. */
  ToDoubleFunction<Entry> in(ExampleLibrary library, List<Entry> entries) {
    return switch (this) {
      case CONFIDENCE -> Entry::confidence;
      case MODELS -> e -> models(library, e);
      case ATTACKS -> attacks(library, entries);
    };
  }

  private static double models(ExampleLibrary library, Entry entry) {
    return 1
        + library.transfers().stream()
            .filter(t -> !t.model().weights().equals(entry.model().weights()))
            .filter(t -> t.fooled().contains(entry.id()))
            .count();
  }

  private static ToDoubleFunction<Entry> attacks(ExampleLibrary library, List<Entry> entries) {
    Map<String, String> sampleOf = new HashMap<>();
    Map<String, Set<String>> attacks = new HashMap<>();
    for (Entry entry : entries) {
      String sample = library.content(entry).cleanId();
      sampleOf.put(entry.id(), sample);
      attacks.computeIfAbsent(sample, s -> new HashSet<>()).add(entry.attack().name());
    }
    return e -> attacks.getOrDefault(sampleOf.getOrDefault(e.id(), ""), Set.of()).size();
  }
}
