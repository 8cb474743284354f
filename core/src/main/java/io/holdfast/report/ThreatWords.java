package io.holdfast.report;

import io.holdfast.threat.Goal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A threat model's settings in words. Keys it does not know are shown as they stand. */
final class ThreatWords {

  private static final Map<String, String> NORMS =
      Map.of("linf", "L-infinity", "l2", "L2", "l1", "L1", "l0", "L0");
  private static final Map<String, String> CHANGE =
      Map.of(
          "linf", "every pixel value by at most %s",
          "l2", "the image by a Euclidean distance of at most %s",
          "l1", "pixel values by at most %s in total",
          "l0", "at most %s pixel values, each by any amount");
  private static final Map<String, String> SIZE =
      Map.of("pixels", "count", "patch", "side", "frame", "width");
  private static final Map<String, String> PLACES =
      Map.of(
          "pixels", "at most %s pixels, to any colours",
          "patch", "one square with a side of %s pixels, to any colours",
          "frame", "a border %s pixels wide, to any colours");
  private static final Map<String, String> KNOWLEDGE =
      Map.of(
          "white-box", "everything about the model, its weights and gradients included",
          "score", "the model's probabilities, not its weights",
          "decision", "the model's answers alone");

  private final Map<String, Object> settings;
  private final String id;

  ThreatWords(Map<String, Object> settings, String id) {
    this.settings = settings;
    this.id = id;
  }

  /** For the middle of a sentence: {@code L-infinity 0.1}. */
  String shortForm() {
    Double epsilon = epsilon();
    return isBall() && epsilon != null
        ? norm() + " " + Numbers.significant(epsilon, 4)
        : "threat model " + id;
  }

  /** The key of the ball's norm as in the scorecard, such as {@code linf}. */
  String normKey() {
    return text("perturbation");
  }

  /** The name of the distance, for axes and captions. */
  String norm() {
    return NORMS.getOrDefault(normKey(), normKey());
  }

  /** The radius, if the threat has one. */
  @Nullable Double epsilon() {
    return settings.get("epsilon") instanceof Number number ? number.doubleValue() : null;
  }

  /** Whether one particular class is wanted. */
  boolean targeted() {
    String goal = text("goal");
    return !goal.isEmpty() && !goal.equals(Goal.anyWrong().key());
  }

  /** Whether an answer is the one that is wanted, where that is the same for all images. */
  boolean wants(int prediction) {
    return text("goal").equals(Goal.target(prediction).key());
  }

  /** One setting as it is written; {@code none} where it is not there. */
  String value(String key) {
    return settings.containsKey(key) ? plain(settings.get(key)) : "none";
  }

  /** The answer with which the attacker wins. */
  String wins() {
    String goal = text("goal");
    if (goal.equals(Goal.leastLikely().key())) {
      return Goal.leastLikely().describe();
    }
    return targeted() ? goal.replace(':', ' ') : Goal.anyWrong().describe();
  }

  private boolean isBall() {
    return NORMS.containsKey(normKey());
  }

  /** What the attacker may do, by aspect. */
  Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Threat model", id);
    settings.forEach(
        (key, value) -> {
          switch (key) {
            case "perturbation" -> facts.put("May change", change());
            case "epsilon" -> {
              if (!isBall()) {
                facts.put("Epsilon", plain(value));
              }
            }
            case "domain" -> facts.put("Pixels stay within", domain(value));
            case "goal" -> facts.put("Wins with", wins());
            case "knowledge" ->
                facts.put(
                    "Knows", KNOWLEDGE.getOrDefault(plain(value).replace('_', '-'), plain(value)));
            default -> facts.put(label(key), plain(value));
          }
        });
    return facts;
  }

  private String change() {
    String places = PLACES.get(normKey());
    if (places != null) {
      return places.formatted(plain(settings.get(SIZE.get(normKey()))));
    }
    Double epsilon = epsilon();
    String pattern = CHANGE.get(normKey());
    return pattern == null || epsilon == null
        ? normKey()
        : pattern.formatted(Numbers.significant(epsilon, 4)) + " (" + norm() + ")";
  }

  private static String domain(Object value) {
    return value instanceof List<?> ends && ends.size() == 2
        ? plain(ends.get(0)) + " to " + plain(ends.get(1))
        : plain(value);
  }

  private static String label(String key) {
    return Words.upperFirst(key.replace('_', ' ').toLowerCase(Locale.ROOT));
  }

  private String text(String key) {
    return settings.get(key) instanceof String text ? text : "";
  }

  private static String plain(@Nullable Object value) {
    return value instanceof Double number
        ? Numbers.significant(number, 6)
        : value == null ? "not limited" : value.toString();
  }
}
