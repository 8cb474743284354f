package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.record.Ledger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code train.samples}: weak classes and groups of a ledger are drawn more often and
 * attacked harder, see {@link Selection}.
 *
 * @param ledger an output folder or the ledger in it
 * @param strength of the draw, at least 0
 * @param effort of the search, at least 0
 */
public record SampleChoice(String ledger, double strength, double effort) {
  /** Reads the section; null where it is missing. */
  public static @Nullable SampleChoice read(SettingsReader train) {
    if (!train.has("samples")) {
      return null;
    }
    SettingsReader s = train.textOrSection("samples");
    s.allow("name");
    String ledger = s.has("name") ? s.text("name") : s.text("ledger");
    return new SampleChoice(ledger, s.number("strength", 3, 0, 1e6), s.number("effort", 1, 0, 1e6));
  }

  /**
   * Reads the ledger.
   *
   * @throws InvalidInputException if there is none, or it is damaged
   */
  public Selection open() {
    try {
      return Selection.of(Ledger.read(Path.of(ledger)).rows(), strength, effort);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "train.samples", "ledger", "the path of a ledger", ledger, e.getReason());
    }
  }
}
