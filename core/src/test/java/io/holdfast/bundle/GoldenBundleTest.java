package io.holdfast.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.record.Rate;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file of format version 1, which every later version must read as it stands. Never make it anew:
 * a new version of the format gets a file of its own.
 */
class GoldenBundleTest {
  private static final String NAME = "golden-v1.holdfast";
  private static final String ID =
      "edcf72bc15969cb3d6123f10e32300e697cf99a7808e6bd9078ebb183b9876f6";
  private static final String WEIGHTS =
      "f8c5219e97872f0aafbdd1dc0c296c18ff7f6aa18e96b293956f483a421027e8";

  private final Path file;

  GoldenBundleTest(@TempDir Path folder) throws IOException {
    file = folder.resolve(NAME);
    try (InputStream in = GoldenBundleTest.class.getResourceAsStream("/bundle/" + NAME)) {
      Files.copy(Objects.requireNonNull(in, NAME), file);
    }
  }

  @Test
  void versionOneIsReadForEver() {
    try (Bundle bundle = Bundle.read(file);
        Predictor predictor = bundle.predictor(1)) {
      assertThat(bundle.id()).isEqualTo(ID);
      assertThat(bundle.network().hash()).isEqualTo(WEIGHTS);
      assertThat(bundle.architecture()).isEqualTo("mlp[hidden=5]");
      assertThat(bundle.classNames()).containsExactly("cat", "dog", "größer");
      assertThat(bundle.threat()).isEqualTo(ThreatModel.linf(0.1).within(0, 1));
      assertThat(Objects.requireNonNull(bundle.scorecard()).cleanAccuracy())
          .isEqualTo(Rate.of(1, 2));
      assertThat(bundle.provenance()).isEqualTo(Samples.PROVENANCE);
      assertThat(predictor.logits(new float[] {0, 0.25f, 0.5f, 1}))
          .containsExactly(new float[] {0.5996624f, 0.06790237f, -0.1633801f}, within(1e-6f));
    }
  }

  /** On every platform and Java; as long as version 1 is the version that is written. */
  @Test
  void itIsWrittenBackByteForByte() throws IOException {
    Path copy = file.resolveSibling("copy.holdfast");
    try (Bundle bundle = Bundle.read(file)) {
      bundle.write(copy);
    }
    assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(file));
  }
}
