package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.model.InputGradients;
import io.holdfast.model.arch.WeightsFile;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten steps of PGD from a start that PyTorch recorded end where PyTorch's did. */
class PeerPgdTest {
  private static final Path PEERS =
      Path.of(System.getProperty("holdfast.shared", "../../shared"), "peers");

  @ParameterizedTest
  @CsvSource({
    "fmnist-standard, small-cnn, fashion-mnist-500, 0.1",
    "fmnist-trades, small-cnn, fashion-mnist-500, 0.1",
    "cifar-nfgsm, preact-resnet-18, cifar10-500, 0.03137254901960784"
  })
  void endsWherePyTorchEnds(String model, String architecture, String data, double epsilon) {
    Path weights = PEERS.resolve(model + ".safetensors");
    assumeTrue(Files.exists(weights), "skipped: recorded values are absent at " + PEERS);
    Safetensors recorded = Safetensors.read(PEERS.resolve(model + ".values.safetensors"));
    Safetensors images = Safetensors.read(PEERS.resolve(data + ".safetensors"));
    try (Scope scope = Scope.open();
        Network network = WeightsFile.open(weights).load(architecture).network();
        InputGradients gradients = network.classifier().gradients(Precision.FLOAT32)) {
      Tensor x = images.tensor("images").slice(0, 0, 64).to(DType.FLOAT32).div(255);
      Reference labels = Reference.labels(images.tensor("labels").slice(0, 0, 64));
      InnerMaximiser ten = new InnerMaximiser(10, 0.25, InnerMaximiser.Start.CLEAN);
      Tensor start = recorded.tensor("pgd_start").clone();
      Tensor end =
          ten.climb(gradients, Losses.CE, ThreatModel.linf(epsilon).around(x), start, labels);
      Tensor near = end.sub(recorded.tensor("pgd_end")).abs().le(1e-4).to(DType.FLOAT32);
      assertThat(near.mean().item()).isGreaterThanOrEqualTo(0.95);
    }
  }
}
