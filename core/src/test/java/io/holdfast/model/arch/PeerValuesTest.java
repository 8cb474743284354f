package io.holdfast.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits and input gradients against values that PyTorch recorded. */
class PeerValuesTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  private static final double EXACT = 1e-5;

  /** The recorded model, its first 16 images and what PyTorch found there. */
  private record Case(Network network, Tensor x, Tensor labels, Tensor logits, Tensor gradient) {
    static Case load(String model, String architecture, String data) {
      Path weights = PEERS.resolve(model + ".safetensors");
      assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
      Safetensors recorded = Safetensors.read(PEERS.resolve(model + ".values.safetensors"));
      Safetensors images = Safetensors.read(PEERS.resolve(data + ".safetensors"));
      return new Case(
          WeightsFile.open(weights).load(architecture).network(),
          images.tensor("images").slice(0, 0, 16).to(DType.FLOAT32).div(255),
          images.tensor("labels").slice(0, 0, 16),
          recorded.tensor("logits"),
          recorded.tensor("input_gradient_of_summed_cross_entropy"));
    }

    InputGradients.Pass pass(InputGradients gradients) {
      try (gradients) {
        return gradients.pass(x, crossEntropy(labels));
      }
    }

    InputGradients.Pass tape() {
      return pass(network.classifier().asReference().gradients(Precision.FLOAT32));
    }

    Kinks kinks() {
      return new Kinks(
          (points, i) -> {
            Tensor leaf = points.asLeaf();
            Tensor logits = inDouble(network, leaf);
            Tensor label = labels.slice(0, i, i + 1).expand(points.size(0));
            return Autograd.vjp(logits, leaf, crossEntropy(label).apply(logits.detach()));
          });
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fmnist-standard, small-cnn, fashion-mnist-500",
    "fmnist-trades, small-cnn, fashion-mnist-500",
    "cifar-nfgsm, preact-resnet-18, cifar10-500"
  })
  void agreesWithPyTorch(String model, String architecture, String data) {
    try (Scope scope = Scope.open()) {
      Case recorded = Case.load(model, architecture, data);
      try (Network network = recorded.network()) {
        // On the tape in PyTorch's memory order, and by the plan in channels-last.
        agrees(recorded, "tape", recorded.tape());
        InputGradients plan = network.classifier().gradients(Precision.FLOAT32);
        agrees(recorded, "plan", recorded.pass(plan));

        Tensor leaf = recorded.x().to(DType.FLOAT64).asLeaf();
        Tensor exact = inDouble(network, leaf);
        assertThat(apart(exact, recorded.logits())).isLessThan(EXACT);
        Tensor slope = crossEntropy(recorded.labels()).apply(exact.detach());
        assertThat(apart(Autograd.vjp(exact, leaf, slope), recorded.gradient())).isLessThan(EXACT);
      }
    }
  }

  private static void agrees(Case recorded, String who, InputGradients.Pass found) {
    assertThat(apart(found.logits(), recorded.logits())).as(who).isLessThan(EXACT);
    Kinks.Verdict verdict =
        recorded.kinks().judge(recorded.x(), found.gradient(), recorded.gradient());
    System.out.printf("%s: samples on a kink: %s%n", who, verdict.onKink());
    assertThat(verdict.wrong()).as(who).isEmpty();
  }

  @Tag("slow")
  @Test
  void oneAlteredWeightIsFoundOut() {
    try (Scope scope = Scope.open()) {
      Case recorded = Case.load("fmnist-standard", "small-cnn", "fashion-mnist-500");
      try (Network network = recorded.network();
          Network other = network.copy()) {
        other.weights().values().iterator().next().flatten(0, -1).slice(0, 0, 1).fillInPlace(0.3);
        Case altered =
            new Case(
                other, recorded.x(), recorded.labels(), recorded.logits(), recorded.gradient());
        Tensor gradient = altered.tape().gradient();
        // Neither a network that is not the recorded one passes, nor a kernel that computes
        // another network than the one given.
        for (Case judge : List.of(altered, recorded)) {
          Kinks.Verdict verdict = judge.kinks().judge(judge.x(), gradient, judge.gradient());
          assertThat(verdict.wrong()).hasSizeGreaterThan(8);
          assertThat(verdict.onKink()).isEmpty();
        }
      }
    }
  }

  /** The derivative of summed cross-entropy with respect to the logits, {@code [N, K]}. */
  private static UnaryOperator<Tensor> crossEntropy(Tensor labels) {
    return z -> Nn.softmax(z, 1).sub(Nn.oneHot(labels, 10).to(z.type()));
  }

  private static Tensor inDouble(Network network, Tensor x) {
    Map<String, Tensor> weights = new HashMap<>();
    network.weights().forEach((name, w) -> weights.put(name, w.to(DType.FLOAT64)));
    return Forward.run(network.graph(), weights, List.of(x), Mode.EVALUATION)
        .value(network.graph().outputs().get(0));
  }

  private static double apart(Tensor ours, Tensor theirs) {
    return ours.to(DType.FLOAT64).sub(theirs.to(DType.FLOAT64)).abs().max().item();
  }
}
