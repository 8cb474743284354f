package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.arch.WeightsFile;
import io.holdfast.model.graph.Network;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A model trained in PyTorch, against what PyTorch and AutoAttack said of it. */
class RecordedModelTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  @Test
  void agreesWithPyTorchOnCleanSamplesAndIsNoStrongerThanAutoAttack() {
    Path weights = PEERS.resolve("fmnist-trades.safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
    JsonNode recorded = Json.read(PEERS.resolve("fmnist-trades.json"));
    Dataset data = Datasets.open(PEERS.resolve("fashion-mnist-500.safetensors").toString());
    try (Network network = WeightsFile.open(weights).load("small-cnn").network()) {
      EvaluationResult result =
          Evaluation.of(network.classifier())
              .against(ThreatModel.linf(0.1))
              .with(NamedAttack.parse("pgd[steps=10]"))
              .on(data);
      String correct = recorded.path("clean_correct").asText();
      int position = 0;
      for (Attempt row : list(result.rows())) {
        if (row.kind() == Kind.CLEAN) {
          boolean right = correct.charAt(position++) == '1';
          assertThat(row.outcome() == Outcome.CORRECT)
              .as("sample " + row.sampleId())
              .isEqualTo(right);
        }
      }
      assertThat(position).isEqualTo(500);
      assertThat(result.card().robustAccuracy()).isNotNull();
      assertThat(result.card().robustAccuracy().value())
          .isCloseTo(0.694, within(0.012)); // of PyTorch
      double autoAttack = autoAttack(recorded);
      assertThat(result.card().robustAccuracy().value()).isGreaterThanOrEqualTo(autoAttack);
      assertThat(result.card().flags()).isEmpty();
    }
  }

  /** Robust accuracy after the last attack of the standard suite. */
  private static double autoAttack(JsonNode recorded) {
    double least = 1;
    for (JsonNode attack : recorded.path("autoattack_standard")) {
      least = Math.min(least, attack.path("robust_accuracy_after").asDouble(1));
    }
    assertThat(least).isBetween(0.5, 0.7);
    return least;
  }
}
