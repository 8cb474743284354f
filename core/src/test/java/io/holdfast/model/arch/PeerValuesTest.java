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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits and input gradients against values that PyTorch recorded. */
class PeerValuesTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  private static final double EXACT = 1e-5;

  @ParameterizedTest
  @CsvSource({
    "fmnist-standard, small-cnn, fashion-mnist-500",
    "fmnist-trades, small-cnn, fashion-mnist-500",
    "cifar-nfgsm, preact-resnet-18, cifar10-500"
  })
  void agreesWithPyTorch(String model, String architecture, String data) {
    Path weights = PEERS.resolve(model + ".safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
    Safetensors recorded = Safetensors.read(PEERS.resolve(model + ".values.safetensors"));
    Safetensors images = Safetensors.read(PEERS.resolve(data + ".safetensors"));
    try (Scope scope = Scope.open();
        Network network = WeightsFile.open(weights).load(architecture).network()) {
      Tensor x = images.tensor("images").slice(0, 0, 16).to(DType.FLOAT32).div(255);
      Tensor cross = images.tensor("labels").slice(0, 0, 16);
      UnaryOperator<Tensor> cotangent =
          z -> Nn.softmax(z, 1).sub(Nn.oneHot(cross, 10).to(z.type()));
      Tensor logits = recorded.tensor("logits");
      Tensor gradient = recorded.tensor("input_gradient_of_summed_cross_entropy");

      InputGradients.Pass tape =
          network.classifier().asReference().gradients(Precision.FLOAT32).pass(x, cotangent);
      assertThat(worst(tape.logits(), logits).max().item()).isLessThan(EXACT);
      assertThat(worst(tape.gradient(), gradient).max().item()).isLessThan(EXACT);

      InputGradients.Pass pass;
      try (InputGradients gradients = network.classifier().gradients(Precision.FLOAT32)) {
        pass = gradients.pass(x, cotangent);
      }
      assertThat(worst(pass.logits(), logits).max().item()).isLessThan(EXACT);
      // The plan is channels-last, in which an activation may fall on the other side of a kink, as
      // in PyTorch's own channels-last pass at the same image; at most one of 16 images does.
      Tensor apart = worst(pass.gradient(), gradient).gt(EXACT).to(DType.INT64);
      assertThat(apart.sum().item()).isLessThanOrEqualTo(1);

      Tensor leaf = x.to(DType.FLOAT64).asLeaf();
      Tensor exact = inDouble(network, leaf);
      assertThat(worst(exact, logits).max().item()).isLessThan(EXACT);
      Tensor exactGradient = Autograd.vjp(exact, leaf, cotangent.apply(exact.detach()));
      assertThat(worst(exactGradient, gradient).max().item()).isLessThan(EXACT);
    }
  }

  private static Tensor inDouble(Network network, Tensor x) {
    Map<String, Tensor> weights = new HashMap<>();
    network.weights().forEach((name, w) -> weights.put(name, w.to(DType.FLOAT64)));
    return Forward.run(network.graph(), weights, List.of(x), Mode.EVALUATION)
        .value(network.graph().outputs().get(0));
  }

  /** The largest difference of each sample, {@code [N]}. */
  private static Tensor worst(Tensor ours, Tensor theirs) {
    return ours.to(DType.FLOAT64).sub(theirs.to(DType.FLOAT64)).abs().flatten(1, -1).max(1L);
  }
}
