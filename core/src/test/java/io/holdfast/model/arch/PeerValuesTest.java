package io.holdfast.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits and input gradients against values that PyTorch recorded. */
class PeerValuesTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  @ParameterizedTest
  @CsvSource({
    "fmnist-standard, small-cnn, fashion-mnist-500",
    "fmnist-trades, small-cnn, fashion-mnist-500"
  })
  void agreesWithPyTorch(String model, String architecture, String data) {
    Path weights = PEERS.resolve(model + ".safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
    Safetensors recorded = Safetensors.read(PEERS.resolve(model + ".values.safetensors"));
    Safetensors images = Safetensors.read(PEERS.resolve(data + ".safetensors"));
    try (Scope scope = Scope.open();
        Network network = WeightsFile.open(weights).load(architecture).network()) {
      Tensor x = images.tensor("images").slice(0, 0, 16).to(DType.FLOAT32).div(255);
      Tensor labels = images.tensor("labels").slice(0, 0, 16);
      InputGradients.Pass pass;
      try (InputGradients gradients = network.classifier().gradients(Precision.FLOAT32)) {
        pass = gradients.pass(x, z -> Nn.softmax(z, 1).sub(Nn.oneHot(labels, 10)));
      }
      close(pass.logits(), recorded.tensor("logits"));
      close(pass.gradient(), recorded.tensor("input_gradient_of_summed_cross_entropy"));
    }
  }

  private static void close(Tensor ours, Tensor theirs) {
    double scale = Math.max(1, theirs.abs().max().item());
    assertThat(ours.sub(theirs).abs().max().item()).isLessThan(1e-5 * scale);
  }
}
