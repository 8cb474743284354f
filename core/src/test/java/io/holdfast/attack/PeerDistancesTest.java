package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.holdfast.threat.Distances;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At equal steps the median distance is within 2% of Foolbox's recorded one, or better, and no
 * fewer points fall, less one. Foolbox's C&W and EAD give an all-black image where they find
 * nothing, which some models take for another class: a distance that is the clean input's own
 * length counts as nothing found.
 */
@Tag("peers")
class PeerDistancesTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");
  private static final int POINTS = 100;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ddn; l2; ddn_l2[steps=100]",
        "fmn; l2; fmn_l2[steps=100]",
        "fmn; linf; fmn_linf[steps=100]",
        "fmn; l1; fmn_l1[steps=100]",
        "fmn; l0; fmn_l0[steps=100]",
        "deepfool; l2; deepfool_l2[steps=50]",
        "deepfool; linf; deepfool_linf[steps=50]",
        "cw[steps=300,rounds=5]; l2; cw_l2[binary_search_steps=5,steps=300]",
        "ead[steps=300,rounds=5,beta=0.01]; l1; ead_l1[binary_search_steps=5,steps=300]"
      })
  void isAsNearAsFoolbox(String attack, String norm, String recorded) throws IOException {
    assumeTrue(Files.isDirectory(PEERS), "skipped: recorded values are absent at " + PEERS);
    Norm in = Norm.ofKey(norm).orElseThrow();
    JsonNode theirs =
        Json.parse(Files.readString(PEERS.resolve("fmnist-trades.distances.json")), "distances")
            .path("attacks")
            .path(recorded)
            .path("distances");
    Safetensors images = Safetensors.read(PEERS.resolve("fashion-mnist-500.safetensors"));
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(2);
        Network network =
            WeightsFile.open(PEERS.resolve("fmnist-trades.safetensors"))
                .load("small-cnn")
                .network()) {
      Tensor x = images.tensor("images").slice(0, 0, POINTS).to(DType.FLOAT32).div(255);
      int[] labels =
          Arrays.stream(images.tensor("labels").slice(0, 0, POINTS).toLongs())
              .mapToInt(Math::toIntExact)
              .toArray();
      AttackResult result =
          new AttackDriver(network.classifier(), ThreatModel.smallest(in), workers)
              .run(
                  Attacks.parse(attack),
                  x,
                  labels,
                  LongStream.range(0, POINTS).toArray(),
                  new Seed(0));
      compare(result, theirs, x, in, attack);
    }
  }

  /** Where nothing was found the distance is infinite. */
  private static void compare(
      AttackResult result, JsonNode theirs, Tensor x, Norm in, String attack) {
    int[] attacked =
        java.util.stream.IntStream.range(0, POINTS)
            .filter(i -> result.samples().get(i).outcome() != Outcome.SKIPPED_WRONG)
            .toArray();
    double[] own =
        Arrays.stream(attacked).mapToDouble(i -> own(result.samples().get(i), in)).toArray();
    double[] other =
        Arrays.stream(attacked)
            .mapToDouble(
                i -> recorded(theirs.path(i), x.select(0, i).flatten(0, -1).toDoubles(), in))
            .toArray();
    long found = Arrays.stream(own).filter(Double::isFinite).count();
    long foundThere = Arrays.stream(other).filter(Double::isFinite).count();
    String seen =
        String.format(
            java.util.Locale.ROOT,
            "%s in %s: found %d and %d of %d, medians %.5f and %.5f",
            attack,
            in.key(),
            found,
            foundThere,
            own.length,
            median(own),
            median(other));
    System.out.println(seen);
    assertThat(found).as(seen).isGreaterThanOrEqualTo(foundThere - 1);
    double[] ownThere = new double[(int) foundThere];
    double[] there = new double[(int) foundThere];
    int next = 0;
    for (int i = 0; i < own.length; i++) {
      if (Double.isFinite(other[i])) {
        ownThere[next] = own[i];
        there[next++] = other[i];
      }
    }
    if (foundThere > 0) {
      assertThat(median(ownThere))
          .as("%s; medians of those found there", seen)
          .isLessThanOrEqualTo(1.02 * median(there) + (in == Norm.L0 ? 1 : 0));
    }
  }

  private static double own(AttackResult.Sample sample, Norm in) {
    return sample.outcome() == Outcome.FELL ? sample.distances().in(in) : Double.POSITIVE_INFINITY;
  }

  private static double recorded(JsonNode distance, double[] clean, Norm in) {
    double black = Distances.between(clean, new double[clean.length]).in(in);
    boolean nothing = distance.isNull() || Math.abs(distance.asDouble() - black) < 1e-3;
    return nothing ? Double.POSITIVE_INFINITY : distance.asDouble();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }
}
