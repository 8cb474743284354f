package io.holdfast.train;

import io.holdfast.attack.library.Difficulty;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.Permitted;
import io.holdfast.attack.library.RankedExamples;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.ThreatModel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code train.library}: how much of a saved library goes into each batch, and which of
 * its examples.
 *
 * @param path of the library's folder
 * @param ratio over progress: share of each batch's places that saved examples take, in [0, 1]
 * @param attacks names of attacks whose examples are used; empty for all
 * @param permitted consents and licences of examples that are used
 * @param by what makes an example hard
 * @param least over progress: share of the easiest examples that are passed over, in [0, 1]
 * @param most over progress: share of difficulty from which on examples are too hard, in [0, 1]
 * @param outside whether examples are used that the threat model in training does not admit
 */
public record LibraryMix(
    String path,
    Curve ratio,
    Set<String> attacks,
    Permitted permitted,
    Difficulty by,
    Curve least,
    Curve most,
    boolean outside) {
  private static final String KEY = "library";
  private static final double RATIO = 0.25;

  public LibraryMix {
    attacks = Set.copyOf(attacks);
  }

  /** All examples within the threat model, at this share of each batch. */
  public static LibraryMix of(Path library, double ratio) {
    return new LibraryMix(
        library.toString(),
        Curve.constant(ratio),
        Set.of(),
        Permitted.ALL,
        Difficulty.CONFIDENCE,
        Curve.constant(0),
        Curve.constant(1),
        false);
  }

  /** The same with examples between two shares of difficulty alone. */
  public LibraryMix difficulty(Difficulty what, Curve from, Curve to) {
    return new LibraryMix(path, ratio, attacks, permitted, what, from, to, outside);
  }

  /** The same with examples of these consents and licences alone. */
  public LibraryMix permitted(Permitted terms) {
    return new LibraryMix(path, ratio, attacks, terms, by, least, most, outside);
  }

  /** Reads the section; null where there is none. */
  public static @Nullable LibraryMix read(SettingsReader train) {
    if (!train.has(KEY)) {
      return null;
    }
    SettingsReader r = train.section(KEY);
    SettingsReader difficulty = r.section("difficulty");
    Curve least = Curve.read(difficulty, "least", Curve.constant(0), 0, 1);
    Curve most = Curve.read(difficulty, "most", Curve.constant(1), 0, 1);
    if (!least.isBelow(most)) {
      difficulty.reject("most", "more than least throughout training", most.toString(), null);
    }
    return new LibraryMix(
        r.text("path"),
        Curve.read(r, "ratio", Curve.constant(RATIO), 0, 1),
        new LinkedHashSet<>(r.texts("attacks", List.of())),
        Permitted.of(r.texts("consent", List.of()), r.texts("licence", List.of())),
        difficulty.choice("by", Difficulty.CONFIDENCE),
        least,
        most,
        r.flag("outside", false));
  }

  /**
   * Opens the library, verifies it and chooses.
   *
   * @param threat in training, or null for none
   * @param today the day by which expiry is judged
   * @throws InvalidInputException if there is no library, or nothing in it can be used
   */
  public LibraryFeed open(@Nullable ThreatModel threat, LocalDate today) {
    Path folder;
    try {
      folder = Path.of(path);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(path, "", "a path", e.getReason());
    }
    ExampleLibrary library = ExampleLibrary.load(folder, today);
    ThreatModel within = outside ? null : threat;
    return new LibraryFeed(this, RankedExamples.of(library, attacks, permitted, within, by));
  }

  /** Whether nothing of it changes in the course of training. */
  boolean isConstant() {
    return ratio.isConstant() && least.isConstant() && most.isConstant();
  }

  /** What makes runs equal, the examples themselves apart. */
  public String recipe() {
    return "ratio " + ratio + " of difficulties from " + least + " to " + most;
  }
}
