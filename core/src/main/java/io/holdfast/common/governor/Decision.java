package io.holdfast.common.governor;

import com.fasterxml.jackson.annotation.JsonValue;
import io.holdfast.common.Format;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One decision of a governor: a line of {@code journal.jsonl}.
 *
 * @param phase what was under way: {@code training}, {@code training/STAGE}, or an attack's key
 * @param step steps of training, or shards of attacks, that were done before; the decision holds
 *     from the next one on
 * @param what was changed
 * @param from the value before
 * @param to the value from here on
 * @param why in words
 * @param measured what was measured, by name; those in seconds, bytes and cores say so
 */
public record Decision(
    String phase,
    long step,
    What what,
    double from,
    double to,
    String why,
    Map<String, Double> measured) {
  /** The phase of a training without stages. */
  public static final String TRAINING = "training";

  private static final String OF_STAGE = TRAINING + "/";

  /** The phase of a stage's training. */
  public static String trainingOf(String stage) {
    return OF_STAGE + stage;
  }

  /** The stage in whose training it was decided; empty if in none. */
  public String stage() {
    return phase.startsWith(OF_STAGE) ? phase.substring(OF_STAGE.length()) : "";
  }

  /** What a governor turns. */
  public enum What {
    /** The most steps of the search for adversarial examples; 1 is R-FGSM. */
    ATTACK_STEPS(true),
    /** The share of the planned adversarial samples that are still made. */
    ADVERSARIAL_SHARE(true),
    /** The progress of training from which on adversarial samples are made. */
    ADVERSARIAL_FROM(true),
    /** Whether the epochs' ends are validated, 1 or 0; the end of training is. */
    VALIDATION(true),
    /** Steps of training in all; progress runs to its end within them. */
    TRAINING_STEPS(true),
    /**
     * No decision of the governor's: training went back to an earlier step, since it was overfitted
     * to its own search. What stands behind it was decided after that, at steps that come again.
     */
    ROLLBACK(false),
    /** Shards that are computed at once. */
    WORKERS(false),
    /** Whether work waits, 1 or 0. */
    PAUSE(false),
    /** Samples that the evaluation is planned for, and those that were judged in time. */
    EVALUATION(false),
    /** Gradients of attacks per sample and step: with all effort in the same steps, and spent. */
    SUMMARY(false);

    private final boolean changesResults;

    What(boolean changesResults) {
      this.changesResults = changesResults;
    }

    /** As it stands in the journal. */
    @JsonValue
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether other weights come out by it; else nothing but the time. */
    public boolean changesResults() {
      return changesResults;
    }
  }

  public Decision {
    measured = Collections.unmodifiableMap(new LinkedHashMap<>(measured));
  }

  /** In one line, for people. */
  public String words() {
    return switch (what) {
      case ATTACK_STEPS -> "attack steps" + change() + because();
      case ADVERSARIAL_SHARE ->
          "share of adversarial samples "
              + Format.percent(from)
              + " -> "
              + Format.percent(to)
              + because();
      case ADVERSARIAL_FROM ->
          "adversarial samples from "
              + Format.percent(from)
              + " -> "
              + Format.percent(to)
              + " of training on"
              + because();
      case VALIDATION ->
          (to == 0 ? "validation at the end of training only" : "validation at each epoch's end")
              + because();
      case TRAINING_STEPS -> "training steps" + change() + because();
      case ROLLBACK -> "back from step" + change() + because();
      case WORKERS -> "shards at once" + change() + because();
      case PAUSE -> (to == 1 ? "pause" : "goes on") + because();
      case EVALUATION -> "samples judged" + change() + because();
      case SUMMARY -> why;
    };
  }

  private String change() {
    return " " + Format.number(from) + " -> " + Format.number(to);
  }

  private String because() {
    return ": " + why;
  }
}
