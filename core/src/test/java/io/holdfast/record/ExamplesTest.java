package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {
  private final Path folder;

  ExamplesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static Example example(long id) {
    Pixels clean = Pixels.of(new float[] {0, 0.1f, Float.MIN_VALUE, 1, 0.7f, 0.3f}, 3, 1, 2);
    Pixels adversarial = Pixels.of(new float[] {0.1f, 0, 0.5f, 1, 0.7f, 0.3f}, 3, 1, 2);
    Example.Search search = new Example.Search(0.3, 50, 49, List.of(0.1f, -1e-30f));
    return new Example(
        id, 1, 1, 0.9, 0, 0.6, "pgd[steps=50,restarts=5]", clean, adversarial, search);
  }

  @Test
  void comesBackBitForBit() {
    Path file = folder.resolve("examples.jsonl");
    List<Example> examples = List.of(example(7), example(-3));
    Examples.write(file, examples);
    assertThat(Examples.read(file)).isEqualTo(examples);
  }

  @Test
  void filesOfTheFirstBuildsAreRead() throws IOException {
    Path file = folder.resolve("examples.jsonl");
    Examples.write(file, List.of(example(7)));
    String line = Files.readString(file);
    Files.writeString(file, line.replaceFirst(",\"search\":\\{[^}]*}", ""));
    assertThat(Examples.read(file).get(0).search()).isNull();
    assertThat(Examples.read(file).get(0).adversarial()).isEqualTo(example(7).adversarial());
  }

  @Test
  void pixelsCannotBeChangedFromOutside() {
    float[] values = {0.5f};
    Pixels pixels = Pixels.of(values, 1, 1, 1);
    values[0] = 1;
    pixels.values()[0] = 1;
    assertThat(pixels.values()).containsExactly(0.5f);
  }

  @Test
  void shapesMustFit() {
    assertThatThrownBy(() -> Pixels.of(new float[3], 1, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[1, 2, 2]");
    assertThatThrownBy(() -> Pixels.of(new float[0], 0, 2, 2))
        .isInstanceOf(IllegalArgumentException.class);
    Pixels one = Pixels.of(new float[1], 1, 1, 1);
    Pixels two = Pixels.of(new float[2], 1, 1, 2);
    assertThatThrownBy(() -> new Example(0, 0, 0, 1, 0, 1, "fgsm", one, two, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("differ in shape");
  }

  @Test
  void damageIsNamedByLine() throws IOException {
    Path file = folder.resolve("examples.jsonl");
    Examples.write(file, List.of(example(1), example(2)));
    String text = Files.readString(file);
    List<String> damaged =
        List.of(
            text.substring(0, text.length() - 20),
            text.replace("\"sample_id\":2", "\"sample\":2"),
            text.replaceFirst("(?s)(\n.*)\\[3,1,2]", "$1[3,1]"),
            text.replaceFirst("(?s)(\n.*)\\[3,1,2]", "$1[3,5,2]"));
    for (String content : damaged) {
      Files.writeString(file, content);
      assertThatThrownBy(() -> Examples.read(file))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("line 2");
    }
  }
}
