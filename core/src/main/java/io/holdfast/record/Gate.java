package io.holdfast.record;

import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A figure of a scorecard that must not be below a bound, such as {@code robust_accuracy>=65%}. The
 * figures are {@code clean_accuracy}, {@code robust_accuracy} (the worst case over all attacks) and
 * {@code attacks.KEY.robust_accuracy}. With {@code .lo} behind it the lower end of the figure's 95%
 * interval counts, so that luck with few samples does not open the gate.
 *
 * @param figure as above, without {@code .lo}
 * @param lower whether the lower end of the interval counts in place of the value
 * @param least in [0, 1]
 */
public record Gate(String figure, boolean lower, double least) {
  private static final String CLEAN = "clean_accuracy";
  private static final String ROBUST = "robust_accuracy";
  private static final String ATTACKS = "attacks.";
  private static final String OF_ATTACK = "." + ROBUST;
  private static final String LOWER = ".lo";
  private static final Pattern FORM =
      Pattern.compile(
          "(?<figure>\\S+?)(?<lower>\\.lo)?\\s*>=\\s*(?<bound>[0-9.]{1,20})(?<percent>%)?");

  /**
   * Reads a gate.
   *
   * @param text such as {@code robust_accuracy>=0.65} or {@code robust_accuracy.lo>=60%}
   * @param attacks keys of the attacks that are run
   * @throws InvalidInputException if it has another form, or names a figure that there will not be
   */
  public static Gate parse(String text, Collection<String> attacks) {
    Matcher form = FORM.matcher(text.strip());
    double bound = form.matches() ? number(form.group("bound")) : Double.NaN;
    double least = form.matches() && form.group("percent") != null ? bound / 100 : bound;
    if (!(least >= 0 && least <= 1)) {
      throw new InvalidInputException(
          text, "", "a figure and its least value, such as robust_accuracy>=65%", '"' + text + '"');
    }
    String figure = form.group("figure");
    List<String> known = new ArrayList<>(List.of(CLEAN));
    if (!attacks.isEmpty()) {
      known.add(ROBUST);
    }
    attacks.forEach(key -> known.add(ATTACKS + key + OF_ATTACK));
    if (!known.contains(figure)) {
      throw new InvalidInputException(
          text,
          "",
          "a figure of the scorecard: " + String.join(", ", known),
          figure,
          Nearest.hint(figure, known));
    }
    return new Gate(figure, form.group("lower") != null, least);
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** Says how a scorecard misses this gate; empty where it is met. */
  public Optional<String> missed(Scorecard card) {
    Rate rate = rate(card);
    if (rate == null) {
      return Optional.of(this + ": it was not measured");
    }
    double value = lower ? rate.interval().lo() : rate.value();
    return value >= least
        ? Optional.empty()
        : Optional.of(
            "%s: it is %s (95%%: %s to %s, %s images)"
                .formatted(
                    this,
                    Format.percent(value),
                    Format.percent(rate.interval().lo()),
                    Format.percent(rate.interval().hi()),
                    Format.count(rate.n())));
  }

  private @Nullable Rate rate(Scorecard card) {
    if (figure.equals(CLEAN)) {
      return card.cleanAccuracy();
    }
    if (figure.equals(ROBUST)) {
      return card.robustAccuracy();
    }
    String key = figure.substring(ATTACKS.length(), figure.length() - OF_ATTACK.length());
    AttackScore score = card.attacks().get(key);
    return score == null ? null : score.robustAccuracy();
  }

  @Override
  public String toString() {
    return figure + (lower ? LOWER : "") + " >= " + Format.percent(least);
  }
}
