package io.holdfast.record;

import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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
          "(?<figure>.+?)(?<lower>\\.lo)?\\s*>=\\s*(?<bound>[0-9.]{1,20})\\s*(?<percent>%)?");

  /**
   * Reads a gate.
   *
   * @param text such as {@code robust_accuracy>=0.65} or {@code robust_accuracy.lo>=60%}
   * @throws InvalidInputException if it has another form
   */
  public static Gate parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    double least =
        form.matches() ? number(form.group("bound"), form.group("percent") != null) : Double.NaN;
    if (least > 1) {
      throw new InvalidInputException(
          text, "", "a least value of at most 1 (100%)", '"' + text + '"');
    }
    if (!(least >= 0)) {
      throw new InvalidInputException(
          text, "", "a figure and its least value, such as robust_accuracy>=65%", '"' + text + '"');
    }
    return new Gate(form.group("figure"), form.group("lower") != null, least);
  }

  /**
   * Refuses a figure that a scorecard will not have.
   *
   * @param attacks keys of the attacks that are run
   * @throws InvalidInputException naming those that it will have
   */
  public Gate among(Collection<String> attacks) {
    List<String> known = new ArrayList<>(List.of(CLEAN));
    if (!attacks.isEmpty()) {
      known.add(ROBUST);
    }
    attacks.forEach(key -> known.add(ATTACKS + key + OF_ATTACK));
    if (!known.contains(figure)) {
      throw new InvalidInputException(
          "",
          "",
          "a figure of the scorecard: " + String.join(", ", known),
          figure,
          attacks.contains(figure)
              ? "of this attack: " + ATTACKS + figure + OF_ATTACK
              : Nearest.hint(figure, known));
    }
    return this;
  }

  /** The double next to what is written: 70.2% is the same as 0.702. */
  private static double number(String text, boolean percent) {
    try {
      return new BigDecimal(text).movePointLeft(percent ? 2 : 0).doubleValue();
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
    if (isOpen(card)) {
      return Optional.of(this + ": time was up before every sample was judged");
    }
    double value = lower ? rate.interval().lo() : rate.value();
    return value >= least
        ? Optional.empty()
        : Optional.of(
            "%s: it is %s (95%%: %s to %s, %s images)"
                .formatted(
                    this,
                    exact(value),
                    Format.percent(rate.interval().lo()),
                    Format.percent(rate.interval().hi()),
                    Format.count(rate.n())));
  }

  /**
   * Whether samples are missing of what the figure rests on, so that it is an upper bound alone.
   */
  private boolean isOpen(Scorecard card) {
    Set<String> cut = card.incomplete().keySet();
    return figure.equals(ROBUST) ? !cut.isEmpty() : cut.contains(key());
  }

  /** Of the attack; the figure itself where it is of none. */
  private String key() {
    return figure.startsWith(ATTACKS)
            && figure.endsWith(OF_ATTACK)
            && figure.length() > ATTACKS.length() + OF_ATTACK.length()
        ? figure.substring(ATTACKS.length(), figure.length() - OF_ATTACK.length())
        : figure;
  }

  private @Nullable Rate rate(Scorecard card) {
    if (figure.equals(CLEAN)) {
      return card.cleanAccuracy();
    }
    if (figure.equals(ROBUST)) {
      return card.robustAccuracy();
    }
    AttackScore score = card.attacks().get(key());
    return score == null ? null : score.robustAccuracy();
  }

  @Override
  public String toString() {
    return figure + (lower ? LOWER : "") + " >= " + exact(least);
  }

  /** Two decimals: a figure just below its bound must not look like it. */
  private static String exact(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * share);
  }
}
