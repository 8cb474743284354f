package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.bundle.Models;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.model.Classifier;
import io.holdfast.model.EnsembleClassifier;
import io.holdfast.model.EnsembleClassifier.Fusion;
import io.holdfast.model.TransferClassifier;
import io.holdfast.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Models that the attacker searches on in place of the one that is attacked, which only judges
 * (transfer). Closing them closes the bundles.
 *
 * @param name for the record: every file with the hash of its weights; empty for none
 * @param model the only one or the ensemble; null for none
 * @param bundles that are open
 */
public record Surrogates(String name, @Nullable Classifier model, List<Bundle> bundles)
    implements AutoCloseable {
  /** No surrogate: the model itself is searched on. */
  public static final Surrogates NONE = new Surrogates("", null, List.of());

  public Surrogates {
    bundles = List.copyOf(bundles);
  }

  /**
   * Opens bundles.
   *
   * @param paths of bundles; none for {@link #NONE}
   * @param fusion what of several is averaged
   * @throws InvalidInputException if some are missing or damaged, or do not go together
   */
  public static Surrogates open(List<String> paths, Fusion fusion) {
    List<Bundle> bundles = new ArrayList<>();
    Problems problems = new Problems("surrogates");
    paths.forEach(path -> problems.collect(() -> bundles.add(Models.open(path))));
    Classifier[] fused = new Classifier[1];
    if (problems.isEmpty() && !bundles.isEmpty()) {
      List<Classifier> all = bundles.stream().<Classifier>map(Bundle::classifier).toList();
      problems.collect(
          () -> fused[0] = all.size() > 1 ? new EnsembleClassifier(all, fusion) : all.get(0));
    }
    if (!problems.isEmpty()) {
      bundles.forEach(Bundle::close);
      problems.throwIfAny();
    }
    return new Surrogates(name(paths, bundles, fusion), fused[0], bundles);
  }

  private static String name(List<String> paths, List<Bundle> bundles, Fusion fusion) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < bundles.size(); i++) {
      names.add(paths.get(i) + " " + bundles.get(i).network().hash());
    }
    String how = names.size() > 1 ? fusion.name().toLowerCase(Locale.ROOT) + " of " : "";
    return how + String.join(", ", names);
  }

  /** The same, computing there. */
  public Surrogates on(Device device) {
    bundles.forEach(bundle -> bundle.network().to(device));
    return this;
  }

  /**
   * What an attack driver gets where a model judges.
   *
   * @throws InvalidInputException if they do not go together
   */
  public Classifier attacked(Classifier judged) {
    return model == null ? judged : new TransferClassifier(judged, model);
  }

  /** The evaluation with its attacks searching on these. */
  public Evaluation in(Evaluation evaluation) {
    return model == null ? evaluation : evaluation.surrogate(name, model);
  }

  @Override
  public void close() {
    bundles.forEach(Bundle::close);
  }
}
