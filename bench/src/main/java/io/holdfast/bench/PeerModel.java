package io.holdfast.bench;

import static io.holdfast.bench.PeerServer.number;
import static io.holdfast.bench.PeerServer.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.HoldfastException;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.arch.WeightsFile;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A model with its data, and what is measured on it. Shapes: N batch, n shard, K classes. */
final class PeerModel implements AutoCloseable {
  private final SharedScope owner = Scope.shared();
  private final Workers workers;
  private final Network network;
  private final NetworkClassifier classifier;
  private final Tensor images; // [all, C, H, W], pixels in [0, 1]
  private final Tensor labels; // [all]
  private @Nullable PeerTraining training;

  private PeerModel(Network network, Safetensors data, int threads) {
    this.network = network;
    try (Scope scope = Scope.open()) {
      classifier = network.classifier();
      images = owner.adopt(data.tensor("images").to(DType.FLOAT32).div(255));
      labels = owner.adopt(data.tensor("labels").to(DType.INT64));
      workers = Workers.of(threads);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  static PeerModel open(String architecture, Path weights, Path data, int threads) {
    Network network = WeightsFile.open(weights).load(architecture).network();
    try {
      return new PeerModel(network, Safetensors.read(data), threads);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  Map<String, Object> describe() {
    return Map.of(
        "images", images.size(0),
        "threads", workers.count(),
        "precision", Precision.auto().text());
  }

  /** A fixed number of steps on every sample, shard by shard over the workers. */
  Map<String, Object> pgd(JsonNode command) {
    int batch = batch(command);
    try (Scope scope = Scope.open();
        SharedScope results = Scope.shared()) {
      Tensor start = start(command, batch);
      AtomicLong spent = new AtomicLong();
      long begin = System.nanoTime();
      Tensor end = attack(command, batch, start, spent, results); // [N, C, H, W]
      double took = (System.nanoTime() - begin) / 1e6;
      if (command.has("out")) {
        Safetensors.write(Path.of(text(command, "out")), Map.of("pgd_end", end), Map.of());
      }
      Tensor right = classifier.logits(end).argmax(1).eq(labels.slice(0, 0, batch)); // [N]
      return Map.of(
          "ms", took,
          "robust", right.to(DType.FLOAT32).mean().item(),
          "sample_steps", spent.get());
    }
  }

  private @Nullable Tensor start(JsonNode command, int batch) {
    return switch (text(command, "start")) {
      case "none" -> null;
      case "file" ->
          Safetensors.read(Path.of(text(command, "start_file")))
              .tensor("pgd_start")
              .slice(0, 0, batch);
      default -> throw new IllegalArgumentException("start: none or file");
    };
  }

  private Tensor attack(
      JsonNode command, int batch, @Nullable Tensor start, AtomicLong spent, SharedScope results) {
    boolean exact = command.path("precision").asText("auto").equals("float32");
    double epsilon = number(command, "epsilon");
    double fraction = number(command, "step_size") / epsilon;
    int steps = (int) number(command, "steps");
    int size = command.path("shard").asInt(AttackDriver.SHARD);
    ThreatModel threat = ThreatModel.linf(epsilon).within(0, 1);
    try (InputGradients model =
        classifier.gradients(exact ? Precision.FLOAT32 : Precision.auto())) {
      List<Tensor> parts =
          workers.map(
              (batch + size - 1) / size,
              s -> {
                long from = (long) s * size;
                long to = Math.min(batch, from + size);
                Tensor x = images.slice(0, from, to); // [n, C, H, W]
                Reference reference = Reference.labels(labels.slice(0, from, to));
                Region region = threat.around(x);
                Tensor at = start == null ? region.origin() : start.slice(0, from, to).clone();
                for (int k = 0; k < steps; k++) {
                  ascend(model, region, at, reference, fraction);
                  spent.addAndGet(to - from);
                }
                return results.adopt(at);
              });
      return Tensors.cat(parts, 0);
    }
  }

  private static void ascend(
      InputGradients model, Region region, Tensor at, Reference reference, double fraction) {
    try (Scope step = Scope.open()) {
      InputGradients.Pass pass = model.pass(at, z -> Losses.CE.cotangent(z, reference));
      if (!pass.gradient().allFinite()) {
        throw new HoldfastException("the input gradient is not finite");
      }
      region.step(at, pass.gradient(), fraction);
    }
  }

  /** Any attack on some of the images. */
  Map<String, Object> attack(JsonNode command) {
    try (Scope scope = Scope.open()) {
      return PeerAttack.run(classifier, workers, images, labels, command);
    }
  }

  /**
   * Logits and input gradients of the summed cross-entropy in float32 and PyTorch's memory order.
   */
  Map<String, Object> values(JsonNode command) {
    int batch = batch(command);
    try (Scope scope = Scope.open();
        TapeGradients tape = new TapeGradients(classifier.asReference(), Precision.FLOAT32)) {
      Reference reference = Reference.labels(labels.slice(0, 0, batch));
      InputGradients.Pass pass =
          tape.pass(images.slice(0, 0, batch), z -> Losses.CE.cotangent(z, reference));
      Safetensors.write(
          Path.of(text(command, "out")),
          Map.of(
              "logits",
              pass.logits().contiguous(),
              "input_gradient_of_summed_cross_entropy",
              pass.gradient().contiguous()),
          Map.of());
      return Map.of();
    }
  }

  Map<String, Object> tradesStep(JsonNode command) {
    int batch = batch(command);
    if (training == null) {
      training = new PeerTraining(network, workers, command);
    }
    long begin = System.nanoTime();
    PeerTraining.Result result = training.step(images, labels, batch);
    return Map.of(
        "ms",
        (System.nanoTime() - begin) / 1e6,
        "search_ms",
        result.searchMs(),
        "loss",
        result.loss());
  }

  private int batch(JsonNode command) {
    int batch = (int) number(command, "batch");
    if (batch < 1 || batch > images.size(0)) {
      throw new IllegalArgumentException("batch: 1 to " + images.size(0) + ", found " + batch);
    }
    return batch;
  }

  @Override
  public void close() {
    if (training != null) {
      training.close();
    }
    workers.close();
    network.close();
    owner.close();
  }
}
