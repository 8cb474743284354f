package io.holdfast.train.objective;

import io.holdfast.common.Records;
import java.math.BigDecimal;

/**
 * What a step of an objective costs per sample, in passes of the trained network; k is the number
 * of steps of the inner search, each of which is one forward and one backward pass.
 *
 * @param forward passes besides those of searches
 * @param backward passes besides those of searches; the derivative of a derivative counts as two
 * @param searches how many searches of k steps there are
 * @param guide forward passes of other models, such as a teacher
 * @param linear linear bounds, each of which takes about as many passes forward and back as there
 *     are classes; not among the others
 * @param tries forward passes more in each of the k steps, over all searches
 * @param compared forward passes in which what searches have found is compared
 */
public record Passes(
    double forward,
    double backward,
    double searches,
    double guide,
    double linear,
    double tries,
    double compared) {
  /** A pass forward and back, without an adversary. */
  public static final Passes CLEAN = of(1, 1);

  /** Without a search. */
  public static Passes of(double forward, double backward) {
    return new Passes(forward, backward, 0, 0, 0, 0, 0);
  }

  /** The same with more searches. */
  public Passes searching(double more) {
    return Records.with(this, "searches", searches + more);
  }

  /**
   * The same against a union of so many members: a search in each, and a pass forward of what each
   * has found, by which the worst is told.
   */
  public Passes over(int members) {
    double all = searches * members;
    return new Passes(
        forward, backward, all, guide, linear, tries * members, members > 1 ? all : 0);
  }

  /** The same so many times. */
  public Passes times(double factor) {
    return new Passes(
        forward * factor,
        backward * factor,
        searches * factor,
        guide * factor,
        linear * factor,
        tries * factor,
        compared * factor);
  }

  /** The same with more passes of other models. */
  public Passes guided(double more) {
    return Records.with(this, "guide", guide + more);
  }

  /** The same with more linear bounds. */
  public Passes bounded(double more) {
    return Records.with(this, "linear", linear + more);
  }

  /** The same with so many more forward passes in each step of a search. */
  public Passes trying(double more) {
    return Records.with(this, "tries", tries + more);
  }

  public Passes plus(Passes other) {
    return new Passes(
        forward + other.forward,
        backward + other.backward,
        searches + other.searches,
        guide + other.guide,
        linear + other.linear,
        tries + other.tries,
        compared + other.compared);
  }

  /** The same without others, which are part of it. */
  public Passes minus(Passes part) {
    return plus(part.times(-1));
  }

  /** Forward passes of the trained network at this number of steps. */
  public double forward(int steps) {
    return forward + compared + (searches + tries) * steps;
  }

  /** Backward passes of the trained network at this number of steps. */
  public double backward(int steps) {
    return backward + searches * steps;
  }

  /** Such as {@code k + 3}. */
  public String forwardText() {
    return text(forward + compared, searches + tries);
  }

  /** Such as {@code k + 2}. */
  public String backwardText() {
    return text(backward, searches);
  }

  private static String text(double fixed, double each) {
    if (each == 0) {
      return number(fixed);
    }
    String steps = each == 1 ? "k" : number(each) + " k";
    return fixed == 0 ? steps : steps + " + " + number(fixed);
  }

  /** As short as it can be, such as {@code 2} or {@code 0.5}. */
  public static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
