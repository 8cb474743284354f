package io.holdfast.testkit.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReaderFuzzTest {
  private static final int ATTEMPTS = 400;

  private final Path folder;

  ReaderFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static List<String> formats() {
    return List.copyOf(new ReaderFuzz(Path.of("unused")).formats());
  }

  @ParameterizedTest
  @MethodSource("formats")
  void damageIsRefusedOrHarmless(String format) {
    ReaderFuzz fuzz = new ReaderFuzz(folder);
    int refused = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
      refused += fuzz.attempt(format, new Seed(1000 + i)) ? 1 : 0;
    }
    // a reader that refuses everything, or nothing, would pass no more
    assertThat(refused).isBetween(ATTEMPTS / 2, ATTEMPTS - 1);
  }
}
