package io.holdfast.testkit.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.Stopper;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.AdversarialRun;
import io.holdfast.experiment.Surrogates;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Engine;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An attack whose examples are written to one file. */
class AttackOnMuchDataTest {
  /** Inputs before and after, 96 bytes more of each sample and a header: one file below 2 GiB. */
  private static final int MOST = (Integer.MAX_VALUE - (1 << 20)) / (2 * 4 * 784 + 96);

  /** Fashion-MNIST over and over. */
  private static final class Repeated extends ForwardingDataset {
    Repeated() {
      super(FashionMnist.test());
    }

    @Override
    public int size() {
      return MOST + 1;
    }

    @Override
    protected int position(int index) {
      return index % source().size();
    }
  }

  @Test
  void moreThanOneFileHoldsIsRefusedBeforeAnythingIsWritten(@TempDir Path folder) {
    Path out = folder.resolve("out");
    try (Bundle bundle =
        Bundle.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 4).initialise(new Seed(1)))
            .provenance(
                Provenance.of(Engine.version(), new Seed(1), Map.of(), Settings.yaml("{}", "test")))
            .build()) {
      AdversarialRun run =
          new AdversarialRun(
              bundle,
              Surrogates.NONE,
              ThreatModel.linf(0.1).within(0, 1),
              Fgsm.standard(),
              new Seed(1),
              1,
              out,
              false,
              Progress.silent(),
              Stopper.manual());
      assertThatThrownBy(() -> run.on(new Repeated()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("at most " + MOST + " samples of shape")
          .hasMessageContaining("found " + (MOST + 1));
    }
    assertThat(out).doesNotExist();
  }
}
