package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.Network;
import io.holdfast.record.Ledger;
import io.holdfast.record.LedgerContent;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code train.samples}: weak classes and groups of a ledger, or weak regions within
 * classes, are drawn more often and attacked harder, see {@link Selection} and {@link Regions}.
 *
 * @param ledger an output folder or the ledger in it
 * @param strength of the draw, at least 0
 * @param effort of the search, at least 0
 * @param regions of each class; 0 for whole classes, and the groups of the data
 * @param model a bundle by whose values regions are told apart; null for the one that training
 *     starts from
 */
public record SampleChoice(
    String ledger, double strength, double effort, int regions, @Nullable String model) {
  private static final String MODEL = "model";
  private static final double STRENGTH = 3;
  private static final double EFFORT = 1;

  /** Reads a path or a section; null where the key is missing. */
  public static @Nullable SampleChoice read(SettingsReader train) {
    if (!train.has("samples")) {
      return null;
    }
    if (!train.isSection("samples")) {
      return of(train.text("samples"), STRENGTH, EFFORT);
    }
    SettingsReader s = train.section("samples");
    int regions = s.integer("regions", 0, 0, 100);
    String model = s.textOrNull(MODEL);
    if (model != null && regions == 0) {
      s.reject(MODEL, "`regions` beside it: it tells them apart", "none", null);
    }
    return new SampleChoice(
        s.text("ledger"),
        s.number("strength", STRENGTH, 0, 1e6),
        s.number("effort", EFFORT, 0, 1e6),
        regions,
        model);
  }

  /** Of whole classes and groups. */
  public static SampleChoice of(String ledger, double strength, double effort) {
    return new SampleChoice(ledger, strength, effort, 0, null);
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
   * Reads the ledger for regions, which are found when training begins.
   *
   * @param judged the samples that it is of
   * @param network whose values tell them apart; null for the model that training starts from
   * @throws InvalidInputException as {@link #open}
   */
  public Regions open(Dataset judged, @Nullable Network network) {
    Map<Long, Boolean> held = Selection.held(read().rows());
    return new Regions(network, judged, held, regions, strength, effort);
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
