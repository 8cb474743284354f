package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import io.holdfast.model.arch.WeightsFile;
import io.holdfast.model.graph.Network;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Square's verdicts are those of the original at 5,000 queries, per point, at least as often as the
 * original agrees with itself under another seed, less 2 in a hundred.
 */
class PeerSquareTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");
  private static final int POINTS = 100;

  @Tag("peers") // minutes
  @ParameterizedTest
  @CsvSource({
    "fmnist-standard, linf, small-cnn, fashion-mnist-500",
    "cifar-nfgsm, linf, preact-resnet-18, cifar10-500",
    "fmnist-trades, l2, small-cnn, fashion-mnist-500",
    "fmnist-trades, l1, small-cnn, fashion-mnist-500"
  })
  void agreesWithTheOriginal(String model, String norm, String architecture, String data) {
    Path weights = PEERS.resolve(model + ".safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
    JsonNode recorded = Json.read(PEERS.resolve(model + "." + norm + ".components.json"));
    JsonNode square = recorded.path("components").path("square");
    String robust = square.path("robust").asText();
    double itself =
        square.path("agreement_of_the_original_with_itself_under_another_seed").asDouble(1);
    ThreatModel threat = ThreatModel.parse(norm + ":" + recorded.path("epsilon").asText());
    Safetensors images = Safetensors.read(PEERS.resolve(data + ".safetensors"));
    try (Scope scope = Scope.open();
        Workers workers = Workers.auto();
        Network network = WeightsFile.open(weights).load(architecture).network()) {
      Tensor x = images.tensor("images").slice(0, 0, POINTS).to(DType.FLOAT32).div(255);
      long[] labels = images.tensor("labels").slice(0, 0, POINTS).toLongs();
      List<Sample> samples =
          new AttackDriver(network.classifier(), threat, workers)
              .run(
                  Square.queries(5000),
                  x,
                  Arrays.stream(labels).mapToInt(Math::toIntExact).toArray(),
                  LongStream.range(0, POINTS).toArray(),
                  new Seed(0))
              .samples();
      int agreed = 0;
      for (int i = 0; i < POINTS; i++) {
        boolean held = samples.get(i).outcome() == Outcome.HELD;
        agreed += held == (robust.charAt(i) == '1') ? 1 : 0;
      }
      assertThat(agreed / (double) POINTS).isGreaterThanOrEqualTo(itself - 0.02 - 1e-9);
    }
  }
}
