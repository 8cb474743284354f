package io.holdfast.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.TensorOwner;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleTest {
  private final Path folder;

  BundleTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.holdfast", "model"})
  void everythingComesBack(String name) {
    Path path = folder.resolve(name);
    long open = TensorOwner.openCount();
    try (Bundle made = Samples.tiny(1);
        Bundle written = made.withScorecard(Samples.scorecard(3))) {
      written.write(path);
      try (Bundle read = Bundle.read(path)) {
        assertThat(read.id()).isEqualTo(written.id());
        assertThat(read.network().hash()).isEqualTo(made.network().hash());
        assertThat(read.network().graph()).isEqualTo(made.network().graph());
        assertThat(read.threat()).isEqualTo(made.threat());
        assertThat(Objects.requireNonNull(read.scorecard()).toJson())
            .isEqualTo(Samples.scorecard(3).withoutTiming().toJson());
        assertThat(read.classNames()).isEqualTo(Samples.CLASSES);
        assertThat(read.domain()).isEqualTo(Domain.UNIT);
        assertThat(read.provenance()).isEqualTo(Samples.PROVENANCE);
        assertThat(Architectures.parse(read.architecture()).name()).isEqualTo("mlp[hidden=5]");
        assertThat(read.classifier().classes()).isEqualTo(3);
      }
    }
    assertThat(TensorOwner.openCount()).isEqualTo(open);
  }

  @Test
  void aStandardModelHasNeitherThreatNorScorecard() {
    Architecture architecture = Architectures.smallCnn(1, 10);
    try (Bundle made =
        Bundle.of(architecture.initialise(new Seed(2))).provenance(Samples.PROVENANCE).build()) {
      made.write(folder.resolve("m.holdfast"));
      try (Bundle read = Bundle.read(folder.resolve("m.holdfast"))) {
        assertThat(read.threat()).isNull();
        assertThat(read.scorecard()).isNull();
        assertThat(read.architecture()).isEmpty();
        assertThat(read.classNames()).startsWith("0", "1").hasSize(10);
        assertThat(read.network().hash()).isEqualTo(made.network().hash());
      }
    }
  }

  @Test
  void equalBundlesHaveEqualBytesWhateverTheTimeZone() throws IOException {
    Path first = folder.resolve("a.holdfast");
    Path second = folder.resolve("b.holdfast");
    TimeZone before = TimeZone.getDefault();
    try (Bundle one = Samples.tiny(1);
        Bundle scored = one.withScorecard(Samples.scorecard(1))) {
      scored.write(first);
    }
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Auckland"));
      try (Bundle two = Samples.tiny(1);
          Bundle scored = two.withScorecard(Samples.scorecard(2))) {
        scored.write(second);
      }
    } finally {
      TimeZone.setDefault(before);
    }
    byte[] bytes = Files.readAllBytes(first);
    assertThat(Files.readAllBytes(second)).isEqualTo(bytes);
    try (Bundle read = Bundle.read(first)) {
      read.write(second);
    }
    assertThat(Files.readAllBytes(second)).isEqualTo(bytes);
  }

  @Test
  void theIdCoversTheModelButNotItsScorecard() {
    try (Bundle one = Samples.tiny(1);
        Bundle two = Samples.tiny(2);
        Bundle scored = one.withScorecard(Samples.scorecard(1))) {
      assertThat(one.id()).matches("[0-9a-f]{64}").isEqualTo(scored.id()).isNotEqualTo(two.id());
    }
  }

  @Test
  void sharedWeightsLiveUntilTheLastBundleIsClosed() {
    Bundle one = Samples.tiny(1);
    Bundle scored = one.withScorecard(Samples.scorecard(1));
    Network network = one.network();
    one.close();
    one.close();
    assertThatThrownBy(one::network).isInstanceOf(IllegalStateException.class);
    assertThat(scored.network().hash()).isEqualTo(network.hash());
    scored.close();
    assertThatThrownBy(network::hash).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void weightsThatWereChangedAreNotWrittenUnderAnOldHash() {
    try (Bundle one = Samples.tiny(1);
        Bundle two = Samples.tiny(2);
        Scope scope = Scope.open()) {
      one.network().setWeights(two.network().weights());
      assertThatThrownBy(() -> one.write(folder.resolve("m.holdfast")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("weights were changed");
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void everythingThatDoesNotFitIsReportedTogether() {
    try (Network network = Architectures.smallCnn(1, 10).initialise(new Seed(1))) {
      assertThatThrownBy(
              () ->
                  Bundle.of(network)
                      .classNames(List.of("a", "a"))
                      .threat(ThreatModel.linf(0.1))
                      .domain(new Domain(0, 255))
                      .build())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("provenance")
          .hasMessageContaining("10 names")
          .hasMessageContaining("different names")
          .hasMessageContaining("domain");
    }
  }

  @Test
  void aFolderWithOtherFilesIsNotReplaced() throws IOException {
    Files.writeString(folder.resolve("thesis.tex"), "years of work");
    try (Bundle bundle = Samples.tiny(1)) {
      assertThatThrownBy(() -> bundle.write(folder))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("thesis.tex");
      assertThat(folder.resolve("thesis.tex")).exists();
      bundle.write(folder.resolve("model"));
      bundle.write(folder.resolve("model"));
    }
  }

  @Test
  void opensBundlesAndWeights() {
    Path zip = folder.resolve("renamed.zip");
    Path weights = folder.resolve("weights.safetensors");
    long open = TensorOwner.openCount();
    try (Bundle made = Samples.tiny(1)) {
      made.write(folder.resolve("m.holdfast"));
      move(folder.resolve("m.holdfast"), zip);
      Safetensors.write(weights, made.network().weights(), Map.of());
      try (Bundle read = Models.open(zip.toString());
          Bundle loaded = Models.open(weights.toString(), "mlp,hidden=5", null, null)) {
        assertThat(read.id()).isEqualTo(made.id());
        assertThat(loaded.network().weights()).hasSameSizeAs(made.network().weights());
        assertThat(loaded.threat()).isNull();
        assertThat(loaded.provenance().configuration()).containsKey("weights");
      }
    }
    assertThat(TensorOwner.openCount()).isEqualTo(open);
    assertInvalid(() -> Models.open(weights.toString()), "an architecture: mlp");
    assertInvalid(() -> Models.open(zip.toString(), "mlp", null, null), "leave the option out");
    assertInvalid(() -> Models.open(weights.toString(), "small-cnn", null, null), "small-cnn");
    assertInvalid(() -> Models.open(folder.resolve("none").toString()), "no such file");
    assertInvalid(() -> Models.open(folder.resolve("none.holdfast").toString()), "no such file");
    assertInvalid(() -> Models.open(folder.toString()), "is this a bundle?");
  }

  private static void assertInvalid(Runnable work, String message) {
    assertThatThrownBy(work::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
