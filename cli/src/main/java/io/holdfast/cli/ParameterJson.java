package io.holdfast.cli;

import io.holdfast.attack.AttackSpec.Parameter;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parameters of attacks and objectives for programs. */
final class ParameterJson {
  private ParameterJson() {}

  /**
   * By name: {@code default}, as a number, a flag or a text that a file may have, or null where it
   * follows from something else, which {@code usual} says in words; {@code required} and {@code
   * meaning}.
   */
  static Map<String, Object> of(List<Parameter> parameters) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Parameter p : parameters) {
      Map<String, @Nullable Object> one = new LinkedHashMap<>();
      one.put("default", p.words() ? null : value(p.standard()));
      if (p.words() && !p.required()) {
        one.put("usual", p.standard());
      }
      one.put("required", p.required());
      one.put("meaning", p.meaning());
      all.put(p.name(), one);
    }
    return all;
  }

  /** A number or a flag as such. */
  private static Object value(String standard) {
    if (standard.equals("true") || standard.equals("false")) {
      return Boolean.valueOf(standard);
    }
    try {
      return new BigDecimal(standard);
    } catch (NumberFormatException e) {
      return standard;
    }
  }
}
