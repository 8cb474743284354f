package io.holdfast.train.objective;

import io.holdfast.common.SettingsReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The objectives by name; a new one costs its class and a line here. */
public final class Objectives {
  private static final Map<String, Function<SettingsReader, Objective>> TABLE =
      new LinkedHashMap<>();

  static {
    TABLE.put("standard", r -> new Standard());
    TABLE.put("pgd-at", r -> new PgdAt());
    TABLE.put("trades", r -> new Trades(r.number("beta", 6, 0, 1e6)));
  }

  private Objectives() {}

  public static List<String> names() {
    return List.copyOf(TABLE.keySet());
  }

  /** Reads {@code pgd-at} or {@code {name: trades, beta: 6}}. */
  public static Objective read(SettingsReader reader, String key, String fallback) {
    SettingsReader section = reader.textOrSection(key, fallback);
    String name = section.choice("name", fallback, names());
    Function<SettingsReader, Objective> make = TABLE.get(name);
    return make == null ? new Standard() : make.apply(section);
  }
}
