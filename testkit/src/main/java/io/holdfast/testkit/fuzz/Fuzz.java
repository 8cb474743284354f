package io.holdfast.testkit.fuzz;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import java.util.Set;

/**
 * Damages files and reads them: a reader either gives what is sound, or refuses with {@link
 * InvalidInputException}. Anything else escapes, with the seed that shows it again.
 */
public interface Fuzz {
  /** Names of the formats, for {@link #attempt}. */
  Set<String> formats();

  /**
   * Damages one file of a format and reads all that is left.
   *
   * @return true if the file was refused, false if it was still readable
   * @throws AssertionError if what was read is not sound, or something other than a refusal was
   *     thrown
   */
  boolean attempt(String format, Seed seed);
}
