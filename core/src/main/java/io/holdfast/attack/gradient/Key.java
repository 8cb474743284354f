package io.holdfast.attack.gradient;

import io.holdfast.attack.StepSize;
import io.holdfast.common.Call;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Builds the canonical text of an attack: its name, and whatever differs from the defaults. */
final class Key {
  private final String name;
  private final Map<String, String> arguments = new LinkedHashMap<>();

  Key(String name) {
    this.name = name;
  }

  Key with(String key, Object value) {
    arguments.put(key, written(value));
    return this;
  }

  Key unless(Object value, Object usual, String key) {
    return value.equals(usual) ? this : with(key, value);
  }

  Key stepUnless(StepSize size, StepSize usual) {
    if (size.equals(usual)) {
      return this;
    }
    return Double.isNaN(size.absolute())
        ? with("relative_step", size.relative())
        : with("step_size", size.absolute());
  }

  String text() {
    return new Call(name, arguments).toString();
  }

  private static String written(Object value) {
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
        : value.toString();
  }
}
