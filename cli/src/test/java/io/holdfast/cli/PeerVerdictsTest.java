package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import io.holdfast.record.Scorecard;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code evaluate --attack autoattack} on every recorded model and all of its 500 points beside
 * what the original left on record: robust accuracy within 0.2 points, the same verdict on at least
 * 99% of the points, and every survivor through every published budget.
 */
@Tag("verdicts") // half an hour
final class PeerVerdictsTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  @ParameterizedTest
  @CsvSource({
    "fmnist-standard, small-cnn, fashion-mnist-500, linf:0.1",
    "fmnist-trades, small-cnn, fashion-mnist-500, linf:0.1",
    "cifar-nfgsm, preact-resnet-18[width=16], cifar10-500, linf:8/255"
  })
  void autoattackReproducesTheRecord(
      String model, String network, String data, String threat, @TempDir Path out) {
    Path weights = PEERS.resolve(model + ".safetensors");
    assertThat(weights).as("this profile needs the recorded values").exists();
    JsonNode record = Json.read(PEERS.resolve(model + ".json"));
    JsonNode recorded = record.path("autoattack_standard");
    String clean = record.path("clean_correct").asText();
    String robust = recorded.path("robust").asText();
    Path images = PEERS.resolve(data + ".safetensors");
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            weights,
            "--architecture",
            network,
            "--data",
            images,
            "--threat",
            threat,
            "--attack",
            "autoattack",
            "--examples",
            robust.length(),
            "--out",
            out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(out.resolve("scorecard.json"));
    assertThat(Objects.requireNonNull(card.attacks().get("autoattack")).robustAccuracy().value())
        .isBetween(
            recorded.path("robust_accuracy").asDouble() - 0.0021,
            recorded.path("robust_accuracy").asDouble() + 0.0021);
    Map<Long, Outcome> outcomes = outcomes(out);
    assertThat(outcomes).hasSize(robust.length());
    int id = 0;
    int same = 0;
    for (Outcome now : outcomes.values()) {
      assertThat(now == Outcome.SKIPPED_WRONG).isEqualTo(clean.charAt(id) == '0');
      same += (now == Outcome.HELD) == (robust.charAt(id++) == '1') ? 1 : 0;
    }
    assertThat(same).isGreaterThanOrEqualTo((int) Math.ceil(0.99 * robust.length()));
    survivorsSpentAll(outcomes, out);
  }

  /** By sample. */
  private static Map<Long, Outcome> outcomes(Path out) {
    Map<Long, Outcome> outcomes = new TreeMap<>();
    for (Attempt row : Ledger.read(out).rows()) {
      if (row.kind() == Kind.VERDICT) {
        outcomes.put(row.sampleId(), row.outcome());
      }
    }
    return outcomes;
  }

  private static void survivorsSpentAll(Map<Long, Outcome> outcomes, Path out) {
    Map<Long, List<Attempt>> stages =
        StreamSupport.stream(Ledger.read(out).rows().spliterator(), false)
            .filter(row -> row.kind() == Kind.STAGE)
            .filter(row -> outcomes.get(row.sampleId()) == Outcome.HELD)
            .collect(Collectors.groupingBy(Attempt::sampleId));
    long held = outcomes.values().stream().filter(o -> o == Outcome.HELD).count();
    assertThat((long) stages.size()).isEqualTo(held);
    stages
        .values()
        .forEach(
            rows -> {
              assertThat(rows.stream().map(Attempt::gradients).sorted().toList())
                  .containsExactly(0L, 100L, 900L, 900L);
              assertThat(rows.stream().mapToLong(Attempt::queries).max()).hasValue(5000L);
            });
  }
}
