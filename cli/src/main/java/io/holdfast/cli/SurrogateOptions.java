package io.holdfast.cli;

import io.holdfast.bundle.Bundle;
import io.holdfast.bundle.Models;
import io.holdfast.common.Call;
import io.holdfast.common.Problems;
import io.holdfast.model.Classifier;
import io.holdfast.model.EnsembleClassifier;
import io.holdfast.model.EnsembleClassifier.Fusion;
import io.holdfast.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Models that the attacker searches on in place of the one that is attacked. */
final class SurrogateOptions {
  @Option(
      names = "--surrogate",
      paramLabel = "M[,N]",
      description = {
        "Bundles on which the attacker searches, while --model only judges (transfer)."
      })
  private String models = "";

  @Option(
      names = "--fusion",
      paramLabel = "F",
      description = {
        "What of several surrogates is averaged: logits, probabilities or losses",
        "(default: logits)."
      })
  private Fusion fusion = Fusion.LOGITS;

  /**
   * What is open; closing it closes the bundles.
   *
   * @param name for the record, empty where there is no surrogate
   * @param model the only surrogate or the ensemble; null for none
   */
  record Opened(String name, @Nullable Classifier model, List<Bundle> bundles)
      implements AutoCloseable {
    /** The same, computing there. */
    Opened on(Device device) {
      bundles.forEach(bundle -> bundle.network().to(device));
      return this;
    }

    @Override
    public void close() {
      bundles.forEach(Bundle::close);
    }
  }

  /** Opens them; what is wrong is added to {@code problems}. */
  Opened open(Problems problems) {
    List<Bundle> bundles = new ArrayList<>();
    List<String> names = new ArrayList<>();
    if (!models.isEmpty()) {
      ModelOptions.collect("--surrogate", models, problems, () -> openAll(bundles, names));
    }
    List<Classifier> all = new ArrayList<>();
    bundles.forEach(bundle -> all.add(bundle.classifier()));
    Classifier[] fused = new Classifier[1];
    if (all.size() > 1) {
      ModelOptions.collect(
          "--surrogate", models, problems, () -> fused[0] = new EnsembleClassifier(all, fusion));
    } else if (!all.isEmpty()) {
      fused[0] = all.get(0);
    }
    String how = all.size() > 1 ? fusion.name().toLowerCase(Locale.ROOT) + " of " : "";
    return new Opened(how + String.join(", ", names), fused[0], List.copyOf(bundles));
  }

  /** Each is named by its file and its weights. */
  private void openAll(List<Bundle> bundles, List<String> names) {
    for (String path : Call.splitList(models)) {
      Bundle bundle = Models.open(path);
      bundles.add(bundle);
      names.add(path + " " + bundle.classifier().network().hash());
    }
  }
}
