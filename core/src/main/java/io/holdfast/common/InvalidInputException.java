package io.holdfast.common;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the user gave cannot be used: a setting, a file, an argument. Carries every problem found,
 * not only the first; the command line prints the message and exits with 2.
 */
public final class InvalidInputException extends HoldfastException {
  private static final long serialVersionUID = 1L;

  /** The most problems that the message lists; a folder may hold thousands of broken images. */
  private static final int SHOWN = 50;

  private final transient List<Problem> problems;

  /**
   * @param problems at least one
   */
  public InvalidInputException(List<Problem> problems) {
    this(problems, null);
  }

  /**
   * @param problems at least one
   * @param cause what the runtime reported, kept for the log
   */
  public InvalidInputException(List<Problem> problems, @Nullable Throwable cause) {
    super(describe(problems), cause);
    this.problems = List.copyOf(problems);
  }

  /** A single problem; {@code field} may be empty where the whole source is meant. */
  public InvalidInputException(String source, String field, String expected, String found) {
    this(List.of(new Problem(source, field, expected, found)));
  }

  /** A single problem with a hint on what to do about it. */
  public InvalidInputException(
      String source, String field, String expected, String found, @Nullable String hint) {
    this(List.of(new Problem(source, field, expected, found, hint)));
  }

  /**
   * Every problem, in the order of its lines where {@link Problems} has collected them; never
   * empty.
   */
  public List<Problem> problems() {
    return problems;
  }

  private static String describe(List<Problem> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("an invalid input needs at least one problem");
    }
    if (problems.size() == 1) {
      return problems.get(0).message();
    }
    String rest =
        problems.size() > SHOWN ? "\n  ... and " + (problems.size() - SHOWN) + " more" : "";
    return problems.stream()
        .limit(SHOWN)
        .map(p -> "\n  - " + p.message())
        .collect(Collectors.joining("", problems.size() + " problems:", rest));
  }
}
