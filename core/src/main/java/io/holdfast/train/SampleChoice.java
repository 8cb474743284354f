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
  private static final double STRENGTH = 3;
  private static final double EFFORT = 1;

  /** Reads a path or a section; null where the key is missing. */
  public static @Nullable SampleChoice read(SettingsReader train) {
    if (!train.has("samples")) {
      return null;
    }
    if (!train.isSection("samples")) {
      return new SampleChoice(train.text("samples"), STRENGTH, EFFORT);
    }
    SettingsReader s = train.section("samples");
    return new SampleChoice(
        s.text("ledger"),
        s.number("strength", STRENGTH, 0, 1e6),
        s.number("effort", EFFORT, 0, 1e6));
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
