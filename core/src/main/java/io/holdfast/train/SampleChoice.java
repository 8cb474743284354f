package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.record.Ledger;
import io.holdfast.record.LedgerContent;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
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
    return Selection.of(read().rows(), strength, effort);
  }

  /**
   * Of which samples the ledger is.
   *
   * @param hash SHA-256 of their content, empty where the ledger does not say it
   * @param count how many they are
   */
  public record Judged(String hash, int count) {
    /** Whether these are the first samples of a data set, as evaluations take them. */
    public boolean isOf(Dataset data, Stopper stopper) {
      return count > 0
          && count <= data.size()
          && data.first(count).contentHash(stopper).equals(hash);
    }
  }

  /**
   * Reads of which samples the ledger is.
   *
   * @throws InvalidInputException if there is none, or it is damaged
   */
  public Judged judged() {
    Provenance origin = read().provenance();
    Object section = origin.configuration().get(Provenance.EVALUATION);
    Object count = section instanceof Map<?, ?> map ? map.get("samples") : null;
    return new Judged(
        origin.dataHashes().getOrDefault(Provenance.EVALUATION, ""),
        count instanceof Number number ? number.intValue() : 0);
  }

  private LedgerContent read() {
    try {
      return Ledger.read(Path.of(ledger));
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "train.samples", "ledger", "the path of a ledger", ledger, e.getReason());
    }
  }
}
