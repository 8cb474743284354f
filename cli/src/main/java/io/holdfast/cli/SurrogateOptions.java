package io.holdfast.cli;

import io.holdfast.common.Call;
import io.holdfast.common.Problems;
import io.holdfast.experiment.Surrogates;
import io.holdfast.model.EnsembleClassifier.Fusion;
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
  private @Nullable Fusion fusion;

  /** Opens them; what is wrong is added to {@code problems}, and none are open then. */
  Surrogates open(Problems problems) {
    Surrogates[] opened = {Surrogates.NONE};
    Fusion fused = fusion == null ? Fusion.LOGITS : fusion;
    if (fusion != null && models.isEmpty()) {
      problems.add("--fusion", "--surrogate beside it", "no --surrogate");
    }
    if (!models.isEmpty()) {
      ModelOptions.collect(
          "--surrogate",
          models,
          problems,
          () -> opened[0] = Surrogates.open(Call.splitList(models), fused));
    }
    return opened[0];
  }
}
