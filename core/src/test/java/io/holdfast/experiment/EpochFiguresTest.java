package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EpochFiguresTest {
  private final Path file;

  EpochFiguresTest(@TempDir Path folder) {
    file = folder.resolve("metrics.jsonl");
  }

  private static String epoch(int step, int epoch, double clean, double robust) {
    return ("{\"event\":\"epoch\",\"step\":%d,\"epoch\":%d,\"clean_accuracy\":%s,"
            + "\"robust_accuracy\":%s}\n")
        .formatted(step, epoch, clean, robust);
  }

  private EpochFigures read(boolean best, String... lines) throws IOException {
    return read(best, Integer.MAX_VALUE, lines);
  }

  private EpochFigures read(boolean best, int upTo, String... lines) throws IOException {
    Files.writeString(file, String.join("", lines));
    return EpochFigures.read(file, best, upTo);
  }

  /** What was done later, as by a search that lets it go on, says nothing of an earlier epoch. */
  @Test
  void anEarlierEpochIsToldAsItWas() throws IOException {
    String later = "{\"event\":\"step\",\"step\":7}\n";
    String[] lines = {
      epoch(3, 1, 0.7, 0.4), epoch(6, 2, 0.8, 0.5), later, epoch(9, 3, 0.9, 0.6),
    };
    assertThat(read(true, 2, lines)).isEqualTo(new EpochFigures(0.8, 0.5, 2));
    assertThat(read(false, 3, lines)).isEqualTo(new EpochFigures(0.9, 0.6, 3));
    assertThat(read(false, 9, lines)).as("ended early").isEqualTo(new EpochFigures(0.9, 0.6, 3));
    String back = "{\"event\":\"rollback\",\"step\":7,\"to\":3,\"to_epoch\":1}\n";
    assertThat(read(false, 2, lines[0], lines[1], later, back, epoch(6, 2, 0.1, 0.1)))
        .isEqualTo(new EpochFigures(0.8, 0.5, 2));
  }

  @Test
  void theLastEpochCountsOrTheMostRobustOne() throws IOException {
    String[] lines = {epoch(3, 1, 0.7, 0.4), epoch(6, 2, 0.8, 0.5), epoch(9, 3, 0.9, 0.3)};
    assertThat(read(false, lines)).isEqualTo(new EpochFigures(0.9, 0.3, 3));
    assertThat(read(true, lines)).isEqualTo(new EpochFigures(0.8, 0.5, 3));
  }

  @Test
  void anEpochFromWhichTrainingWentBackDoesNotCount() throws IOException {
    String back = "{\"event\":\"rollback\",\"step\":7,\"to\":3,\"to_epoch\":1}\n";
    String[] lines = {epoch(3, 1, 0.7, 0.4), epoch(6, 2, 0.8, 0.5), back};
    assertThat(read(true, lines)).isEqualTo(new EpochFigures(0.7, 0.4, 2));
    String again = epoch(6, 2, 0.6, 0.45);
    assertThat(read(true, lines[0], lines[1], back, again))
        .isEqualTo(new EpochFigures(0.6, 0.45, 2));
    assertThatThrownBy(() -> read(true, back)).hasMessageContaining("no validation");
  }
}
