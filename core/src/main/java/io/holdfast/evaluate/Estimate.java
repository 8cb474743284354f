package io.holdfast.evaluate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an evaluation will take, from a short measured probe, as if no sample fell; those that fall
 * are dropped, so that a weak model takes far less. As good as the machine is idle.
 *
 * @param seconds of wall time in all
 * @param bytes resident memory of the process at its largest, or -1 where the system does not tell
 * @param phases seconds by phase: {@code clean}, the attacks by key, {@code curve}, {@code
 *     corruptions}
 */
public record Estimate(double seconds, long bytes, Map<String, Double> phases) {
  public Estimate {
    phases = Collections.unmodifiableMap(new LinkedHashMap<>(phases));
  }
}
