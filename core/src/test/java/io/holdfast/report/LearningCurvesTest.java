package io.holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.report.LearningCurves.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningCurvesTest {
  private final Path folder;

  LearningCurvesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path metrics(String text) throws IOException {
    return Files.writeString(folder.resolve("metrics.jsonl"), text);
  }

  @Test
  void readsStepsAndEpochs() throws IOException {
    LearningCurves curves =
        LearningCurves.read(
            metrics(
                """
                {"event":"step","epoch":0.5,"step":1,"loss":2.0}
                {"event":"step","epoch":1,"step":2,"loss":"NaN"}
                {"event":"epoch","epoch":1,"clean_accuracy":0.8,"robust_accuracy":null,"lr":1}
                {"event":"epoch","epoch":2,"clean_accuracy":0.9,"robust_accuracy":0.7}
                {"event":"note","epoch":2,"loss":1}
                """));
    assertThat(curves.loss()).containsExactly(new Point(0.5, 2));
    assertThat(curves.clean()).containsExactly(new Point(1, .8), new Point(2, .9));
    assertThat(curves.robust()).containsExactly(new Point(2, .7));
  }

  @Test
  void readsWhatChangedOnTheWay() throws IOException {
    LearningCurves curves =
        LearningCurves.read(
            metrics(
                """
                {"event":"step","epoch":0.5,"epsilon":0.1}
                {"event":"probe","step":1,"robust_accuracy":0.4}
                {"event":"step","epoch":1,"epsilon":0.2}
                {"event":"epoch","epoch":1,"train_robust_accuracy":0.3,"class_weakness":{"2":0.5,"0":0},"weakest_class_accuracy":0.1,"weakest_class_samples":7}
                {"event":"step","epoch":1.5,"epsilon":0.3}
                {"event":"probe","step":3,"robust_accuracy":0.1}
                {"event":"rollback","step":3,"to":2,"to_epoch":1,"remedy":"more-steps"}
                {"event":"step","epoch":1.5,"epsilon":0.4}
                """));
    assertThat(curves.course())
        .isEqualTo(
            new LearningCurves.Course(
                List.of(),
                List.of(new Point(0.5, 0.4)),
                List.of(new Point(0.5, 0.1), new Point(1, 0.2), new Point(1.5, 0.4)),
                List.of()));
    LearningCurves once =
        LearningCurves.read(
            metrics(
                """
                {"event":"step","epoch":1,"epsilon":0.2}
                {"event":"epoch","epoch":1,"train_robust_accuracy":0.3,"class_weakness":{"2":0.5,"0":0},"weakest_class_accuracy":0.1,"weakest_class_samples":7}
                """));
    assertThat(once.weakest()).containsExactly(new LearningCurves.Weakest(1, 0.1, 7));
    assertThat(once.course())
        .isEqualTo(
            new LearningCurves.Course(
                List.of(new Point(1, 0.3)),
                List.of(),
                List.of(),
                List.of(new LearningCurves.Weakness(1, Map.of(0, 0.0, 2, 0.5)))));
  }

  @Test
  void aLineCutOffAtTheEndIsLeftOut() throws IOException {
    LearningCurves curves =
        LearningCurves.read(
            metrics("{\"event\":\"step\",\"epoch\":1,\"loss\":2}\n{\"event\":\"step\",\"ep"));
    assertThat(curves.loss()).hasSize(1);
  }

  @Test
  void manyStepsAreAveraged() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int step = 1; step <= 1000; step++) {
      text.append("{\"event\":\"step\",\"epoch\":%d,\"loss\":%d}\n".formatted(step, step % 2));
    }
    LearningCurves curves = LearningCurves.read(metrics(text.toString()));
    assertThat(curves.loss()).hasSize(200);
    assertThat(curves.loss().get(0)).isEqualTo(new Point(5, 3 / 5.0));
    assertThat(curves.loss().get(199).epoch()).isEqualTo(1000);
  }

  @Test
  void aBrokenLineIsNamed() throws IOException {
    Path file = metrics("{}\n{broken\n{}\n");
    assertThatThrownBy(() -> LearningCurves.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("metrics.jsonl line 2");
    assertThatThrownBy(() -> LearningCurves.read(folder.resolve("none")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("none");
  }
}
