package io.holdfast.testkit.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Seed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileFuzzTest {
  private static final int ATTEMPTS = 400;

  private final FileFuzz fuzz;

  FileFuzzTest(@TempDir Path folder) {
    fuzz = new FileFuzz(folder);
  }

  /** Nothing in a bundle's folder goes unnoticed; elsewhere some damage carries no meaning. */
  @ParameterizedTest
  @CsvSource({
    "experiment, 200, 399",
    "bundle, 300, 399",
    "bundle folder, 400, 400",
    "ledger segments, 200, 399",
    "scorecard, 200, 399",
    "library, 390, 400"
  })
  void damageIsRefusedOrHarmless(String format, int least, int most) {
    int refused = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
      refused += fuzz.attempt(format, new Seed(5000 + i)) ? 1 : 0;
    }
    assertThat(refused).isBetween(least, most);
  }

  @Test
  void everyFormatIsTried() {
    List<String> tried = new ArrayList<>();
    for (String format : fuzz.formats()) {
      fuzz.attempt(format, new Seed(1));
      tried.add(format);
    }
    assertThat(tried)
        .containsExactly(
            "experiment", "bundle", "bundle folder", "ledger segments", "scorecard", "library");
    assertThatThrownBy(() -> fuzz.attempt("another", new Seed(1)))
        .isInstanceOf(NullPointerException.class);
  }
}
