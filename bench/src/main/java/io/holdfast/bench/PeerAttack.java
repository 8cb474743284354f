package io.holdfast.bench;

import static io.holdfast.bench.PeerServer.number;
import static io.holdfast.bench.PeerServer.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Stage;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * One of our attacks, as an evaluation runs it, with its verdicts and the tallies of its stages.
 */
final class PeerAttack {
  private PeerAttack() {}

  static Map<String, Object> run(
      Classifier model, Workers workers, Tensor images, Tensor labels, JsonNode command) {
    int first = (int) number(command, "first");
    int last = first + (int) number(command, "count");
    Attack attack = Attacks.parse(text(command, "attack"));
    ThreatModel threat = ThreatModel.parse(text(command, "threat"));
    AttackDriver driver = new AttackDriver(model, threat, workers).withPrecision(Precision.auto());
    Tensor x = images.slice(0, first, last); // [N, C, H, W]
    long[] classes = labels.slice(0, first, last).toLongs(); // [N]
    int[] y = Arrays.stream(classes).mapToInt(Math::toIntExact).toArray();
    long begin = System.nanoTime();
    AttackResult result =
        driver.run(attack, x, y, LongStream.range(first, last).toArray(), new Seed(0));
    double took = (System.nanoTime() - begin) / 1e6;
    StringBuilder robust = new StringBuilder();
    Map<String, Map<String, Long>> stages = new LinkedHashMap<>();
    for (AttackResult.Sample sample : result.samples()) {
      robust.append(sample.outcome() == Outcome.HELD ? '1' : '0');
      sample.stages().forEach(s -> tally(stages, s));
    }
    return Map.of("ms", took, "robust", robust.toString(), "stages", stages);
  }

  private static void tally(Map<String, Map<String, Long>> stages, Stage stage) {
    Map<String, Long> sums = stages.computeIfAbsent(stage.attack(), key -> new LinkedHashMap<>());
    sums.merge("attacked", 1L, Long::sum);
    sums.merge("fell", stage.outcome() == Outcome.FELL ? 1L : 0L, Long::sum);
    if (stage.outcome() == Outcome.HELD) {
      sums.merge("least_gradients", stage.gradients(), Math::min);
      sums.merge("least_queries", stage.queries(), Math::min);
    }
  }
}
