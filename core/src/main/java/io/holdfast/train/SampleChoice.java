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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code train.samples}: weak classes and groups of a ledger, or of the validations of
 * the training, or weak regions within classes, are drawn more often and attacked harder, see
 * {@link Selection} and {@link Regions}.
 *
 * @param ledger an output folder or the ledger in it; null where only validations say what is weak
 * @param measured whether each validation says anew which classes and groups are weak
 * @param strength of the draw, at least 0
 * @param effort of the search, at least 0
 * @param regions of each class; 0 for whole classes, and the groups of the data
 * @param model a bundle by whose values regions are told apart; null for the one that training
 *     starts from
 */
public record SampleChoice(
    @Nullable String ledger,
    boolean measured,
    double strength,
    double effort,
    int regions,
    @Nullable String model) {
  private static final String LEDGER = "ledger";
  private static final String MEASURED = "measured";
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
    boolean measured = s.flag(MEASURED, false);
    String ledger = s.textOrNull(LEDGER);
    if (ledger == null && !measured) {
      s.reject(LEDGER, "an output folder of an evaluation, or `measured: true`", "none", null);
    }
    int regions = s.integer("regions", 0, 0, 100);
    String model = s.textOrNull(MODEL);
    if (model != null && regions == 0) {
      s.reject(MODEL, "`regions` beside it: it tells them apart", "none", null);
    }
    if (measured && regions > 0) {
      s.reject(MEASURED, "`regions: 0` beside it: validations know whole classes", "true", null);
    }
    return new SampleChoice(
        ledger,
        measured,
        s.number("strength", STRENGTH, 0, 1e6),
        s.number("effort", EFFORT, 0, 1e6),
        regions,
        model);
  }

  /** Of whole classes and groups of a ledger. */
  public static SampleChoice of(String ledger, double strength, double effort) {
    return new SampleChoice(ledger, false, strength, effort, 0, null);
  }

  /**
   * Reads the ledger, where there is one.
   *
   * @throws InvalidInputException if there is none, or it is damaged
   */
  public Selection open() {
    if (ledger == null) {
      return Selection.measured(strength, effort);
    }
    Selection found = Selection.of(read(ledger).rows(), strength, effort);
    return measured ? found.thenMeasured() : found;
  }

  /**
   * Reads the ledger for regions, which are found when training begins.
   *
   * @param judged the samples that it is of
   * @param network whose values tell them apart; null for the model that training starts from
   * @throws InvalidInputException as {@link #open}
   */
  public Regions open(Dataset judged, @Nullable Network network) {
    Map<Long, Boolean> held = Selection.held(read(named()).rows());
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

  private String named() {
    return Objects.requireNonNull(ledger); // regions are those of a ledger
  }

  /**
   * Reads of which samples the ledger is; null where only validations say what is weak.
   *
   * @throws InvalidInputException if there is none, or it is damaged
   */
  public @Nullable Judged judged() {
    if (ledger == null) {
      return null;
    }
    Provenance origin = read(ledger).provenance();
    Object section = origin.configuration().get(Provenance.EVALUATION);
    Object count = section instanceof Map<?, ?> map ? map.get("samples") : null;
    return new Judged(
        origin.dataHashes().getOrDefault(Provenance.EVALUATION, ""),
        count instanceof Number number ? number.intValue() : 0);
  }

  private static LedgerContent read(String ledger) {
    try {
      return Ledger.read(Path.of(ledger));
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "train.samples", "ledger", "the path of a ledger", ledger, e.getReason());
    }
  }
}
