package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProblemsTest {
  @Test
  void eachFileIsReadFromTopToBottomAndFilesAreNotMixed() {
    Problems problems = new Problems("a.yaml");
    problems.addAt("a.yaml:12", "z", "1", "2", null);
    problems.addAt("b.yaml:3:7", "y", "1", "2", null);
    problems.addAt("a.yaml:9", "x", "1", "2", null);
    problems.addAt("a.yaml:9", "w", "1", "2", null);
    problems.add("whole", "1", "2");
    problems.addAt("b.yaml:2", "v", "1", "2", null);
    problems.addAt("--set train.epochs", "u", "1", "2", null);
    assertThat(problems.list())
        .extracting(p -> p.file() + " " + p.line() + " " + p.field())
        .containsExactly(
            "a.yaml 0 whole",
            "a.yaml 9 x",
            "a.yaml 9 w",
            "a.yaml 12 z",
            "b.yaml 2 v",
            "b.yaml 3 y",
            "--set train.epochs 0 u");
    assertThatThrownBy(problems::throwIfAny)
        .isInstanceOfSatisfying(
            InvalidInputException.class, e -> assertThat(e.problems()).isEqualTo(problems.list()));
  }
}
