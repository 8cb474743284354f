package io.holdfast.bench;

import static io.holdfast.bench.PeerServer.number;
import static io.holdfast.bench.PeerServer.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.AttackResult.Stage;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * One of our attacks, as an evaluation runs it: its verdicts, what each sample cost, the tallies of
 * its stages, and how much of its time the model took.
 */
final class PeerAttack {
  private final TimedClassifier model;
  private final Tensor x; // [N, C, H, W]
  private final int[] y; // [N]
  private final long[] ids; // [N]
  private final JsonNode command;

  private PeerAttack(Classifier model, Tensor images, Tensor labels, JsonNode command) {
    int first = (int) number(command, "first");
    int last = first + (int) number(command, "count");
    if (first < 0 || last <= first || last > images.size(0)) {
      throw new IllegalArgumentException(
          "first and count: some of " + images.size(0) + " images, found " + first + " to " + last);
    }
    this.model = new TimedClassifier(model);
    this.command = command;
    x = images.slice(0, first, last);
    long[] classes = labels.slice(0, first, last).toLongs(); // [N]
    y = Arrays.stream(classes).mapToInt(Math::toIntExact).toArray();
    ids = LongStream.range(first, last).toArray();
  }

  /** With the given workers, or as many of its own as the command says. */
  static Map<String, Object> run(
      Classifier model, Workers workers, Tensor images, Tensor labels, JsonNode command) {
    PeerAttack attack = new PeerAttack(model, images, labels, command);
    if (!command.has("workers")) {
      return attack.run(workers);
    }
    try (Workers own = Workers.of((int) number(command, "workers"))) {
      return attack.run(own);
    }
  }

  private Map<String, Object> run(Workers workers) {
    Attack attack = Attacks.parse(text(command, "attack"));
    ThreatModel threat = ThreatModel.parse(text(command, "threat"));
    AttackDriver driver =
        new AttackDriver(model, threat, workers)
            .withPrecision(Precision.auto())
            .withShard(command.path("shard").asInt(AttackDriver.SHARD));
    long begin = System.nanoTime();
    AttackResult result = driver.run(attack, x, y, ids, new Seed(command.path("seed").asLong(0)));
    double took = (System.nanoTime() - begin) / 1e6;
    if (command.has("out")) {
      Path out = Path.of(text(command, "out"));
      Safetensors.write(out, Map.of("adversarial", result.adversarial()), Map.of());
    }
    List<Sample> samples = result.samples();
    StringBuilder robust = new StringBuilder();
    Map<String, Map<String, Long>> stages = new LinkedHashMap<>();
    for (Sample sample : samples) {
      robust.append(sample.outcome() == Outcome.HELD ? '1' : '0');
      sample.stages().forEach(s -> tally(stages, s));
    }
    return Map.of(
        "ms", took,
        "model_ms", model.milliseconds(),
        "robust", robust.toString(),
        "queries", samples.stream().map(Sample::queries).toList(),
        "gradients", samples.stream().map(Sample::gradients).toList(),
        "stages", stages);
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
