package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.EnsembleClassifier.Fusion;
import java.util.List;

/**
 * The keys {@code surrogates} and {@code fusion} of a file.
 *
 * @param paths of bundles on which the attacker searches; none where it sees the model itself
 * @param fusion what of several is averaged
 */
public record SurrogateSection(List<String> paths, Fusion fusion) {
  /** No surrogate. */
  public static final SurrogateSection NONE = new SurrogateSection(List.of(), Fusion.LOGITS);

  public SurrogateSection {
    paths = List.copyOf(paths);
  }

  /** Reads the keys; problems go to the reader. */
  static SurrogateSection read(SettingsReader r) {
    return new SurrogateSection(
        r.texts("surrogates", List.of()), r.choice("fusion", Fusion.LOGITS));
  }

  /**
   * Opens the bundles; the caller closes them.
   *
   * @throws InvalidInputException as {@link Surrogates#open}
   */
  public Surrogates open() {
    return Surrogates.open(paths, fusion);
  }
}
