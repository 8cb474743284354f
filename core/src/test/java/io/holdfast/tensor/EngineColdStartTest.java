package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first start on a machine: a fresh process with an empty cache folder. Unpacks 417 MB. */
class EngineColdStartTest {
  @Test
  void anEmptyCacheIsFilledAndTheEngineWorks(@TempDir Path cache) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.bytedeco.javacpp.cachedir=" + cache,
                "-cp",
                System.getProperty("java.class.path"),
                FirstUse.class.getName())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).endsWith("product 12.0");
    assertThat(cache).isNotEmptyDirectory();
  }

  /** What the fresh process does. */
  static final class FirstUse {
    private FirstUse() {}

    public static void main(String[] args) {
      try (Scope scope = Scope.open()) {
        System.out.println("product " + Tensors.ones(2, 3).matmul(Tensors.ones(3, 2)).sum().item());
      }
    }
  }
}
