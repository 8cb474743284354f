package io.holdfast.attack.blackbox.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.Attacks;
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
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Distances beside those that Foolbox found on the same points, at no more queries than it asked:
 * 5,000 steps of its Boundary attack look 5,500 times, 20 of HopSkipJump 6,166 times for estimates
 * and some 20 more in each step, beside what it spends on a start.
 */
class PeerDecisionTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  @Tag("peers") // a minute
  @ParameterizedTest
  @CsvSource({
    "'hopskipjump[queries=6500]', 'hopskipjump_l2[steps=20]'",
    "'boundary[queries=5500]', 'boundary_l2[steps=5000]'"
  })
  void comesAtLeastAsNearAsFoolbox(String ours, String theirs) {
    Path weights = PEERS.resolve("fmnist-trades.safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
    JsonNode recorded =
        Json.read(PEERS.resolve("fmnist-trades.distances.json"))
            .path("attacks")
            .path(theirs)
            .path("distances");
    int points = recorded.size();
    List<Sample> samples = run(weights, Attacks.parse(ours), points);
    List<Double> found = new ArrayList<>();
    List<Double> peers = new ArrayList<>();
    int nearer = 0;
    for (int i = 0; i < points; i++) {
      Sample sample = samples.get(i);
      if (sample.outcome() != Outcome.SKIPPED_WRONG) {
        assertThat(sample.outcome()).isEqualTo(Outcome.FELL);
        found.add(sample.distances().l2());
        peers.add(recorded.get(i).asDouble());
        nearer += found.get(found.size() - 1) < recorded.get(i).asDouble() ? 1 : 0;
      }
    }
    assertThat(median(found))
        .as("%s: nearer on %d of %d points", ours, nearer, found.size())
        .isLessThanOrEqualTo(1.02 * median(peers));
  }

  private static List<Sample> run(Path weights, Attack attack, int points) {
    Safetensors images = Safetensors.read(PEERS.resolve("fashion-mnist-500.safetensors"));
    try (Scope scope = Scope.open();
        Workers workers = Workers.auto();
        Network network = WeightsFile.open(weights).load("small-cnn").network()) {
      Tensor x = images.tensor("images").slice(0, 0, points).to(DType.FLOAT32).div(255);
      long[] labels = images.tensor("labels").slice(0, 0, points).toLongs();
      return new AttackDriver(network.classifier(), ThreatModel.smallest(Norm.L2), workers)
          .run(
              attack,
              x,
              Arrays.stream(labels).mapToInt(Math::toIntExact).toArray(),
              LongStream.range(0, points).toArray(),
              new Seed(0))
          .samples();
    }
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }
}
