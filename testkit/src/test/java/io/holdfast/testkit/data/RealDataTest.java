package io.holdfast.testkit.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Real files, where they are installed; skipped with a message where not. */
class RealDataTest {
  private static final Path SHARED = Path.of("..", "..", "shared");
  private static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");

  private static Path present(Path path) {
    assumeTrue(Files.exists(path), "skipped: " + path + " is not here");
    return path;
  }

  @Test
  void cifarTestImagesReadFromTheZip() {
    Dataset data = Datasets.open(present(SHARED.resolve("data/cifar10-test.zip")).toString());
    assertThat(data.size()).isEqualTo(10_000);
    assertThat(data.info().shape()).containsExactly(3, 32, 32);
    assertThat(data.info().classes()).hasSize(10).startsWith("airplane", "automobile");
    assertThat(data.classCounts()).containsOnly(1000);
    ReaderFuzz.readAll(data.first(200));
  }

  @Test
  void debiansFashionMnistMatchesTheRecordedFirst500() {
    Path recorded = present(SHARED.resolve("peers/fashion-mnist-500.safetensors"));
    Dataset full = Datasets.open(present(DEBIAN).resolve("test").toString());
    Dataset first = Datasets.open(recorded.toString());
    assertThat(full.size()).isEqualTo(10_000);
    for (int i = 0; i < first.size(); i++) {
      assertThat(full.read(i)).isEqualTo(first.read(i));
      assertThat(full.label(i)).isEqualTo(first.label(i));
    }
  }

  @Test
  void jpegImagesDecodeAsPythonDecodesThem() {
    Path recorded = present(SHARED.resolve("peers/cifar10-500.safetensors"));
    Dataset zip = Datasets.open(present(SHARED.resolve("data/cifar10-test.zip")).toString());
    Dataset python = Datasets.open(recorded.toString());
    Map<Integer, Integer> labels = new HashMap<>();
    for (int i = 0; i < zip.size(); i++) {
      labels.put(Arrays.hashCode(zip.read(i)), zip.label(i));
    }
    for (int i = 0; i < python.size(); i++) {
      assertThat(labels.get(Arrays.hashCode(python.read(i))))
          .as("label of image %s, found bit by bit", i)
          .isEqualTo(python.label(i));
    }
  }
}
