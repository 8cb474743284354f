package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.ConsoleProgress.Style;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now;

  @Test
  void aTerminalShowsOneLineThatIsOverwritten() {
    Progress progress = console(new Style(true, false, 200));
    try (Progress.Task task = progress.start("epoch 1", 1000, "images")) {
      task.stat("loss", 0.51234);
      for (int i = 0; i < 100; i++) {
        now += 20_000_000; // 20 ms
        task.advance(5);
      }
      now += 1_000_000_000;
    }
    String text = text();
    List<String> frames = Arrays.asList(text.split("\r"));
    assertThat(frames).hasSizeBetween(20, 23); // two seconds at ten a second, start and end
    assertThat(text)
        .contains(
            "\repoch 1 [##########..........] 50.0%, 500/1,000 images, 250 images/s, 2.0 s to go, loss 0.5123");
    assertThat(frames.get(frames.size() - 1).strip())
        .isEqualTo("epoch 1: 500 of 1,000 images in 3.0 s, 166.7 images/s, loss 0.5123");
    assertThat(text).endsWith(System.lineSeparator()).doesNotContain("\u001b");
    assertThat(text.chars().filter(c -> c == '\n').count()).isEqualTo(1);
  }

  @Test
  void shorterLinesCoverLongerOnes() {
    try (Progress.Task task = console(new Style(true, false, 80)).start("t", 0, "things")) {
      task.stat("long", 123.4);
      now += 200_000_000;
      task.advance(1);
      int longest = lastFrame().length();
      now += 100_000_000_000L;
      task.stat("long", 1);
      task.advance(1);
      assertThat(lastFrame()).hasSizeGreaterThanOrEqualTo(longest);
    }
  }

  @Test
  void linesNeverReachTheLastColumn() {
    try (Progress.Task task =
        console(new Style(true, true, 40))
            .start("a title that is quite long for this", 10, "images")) {
      now += 200_000_000;
      task.advance(3);
      assertThat(lastFrame().replaceAll("\u001b\\[[0-9]*m", "")).hasSizeLessThan(40);
    }
  }

  @Test
  void colourMarksTheBarOnly() {
    try (Progress.Task task =
        console(new Style(true, true, 120)).start("a #1 task", 10, "images")) {
      now += 200_000_000;
      task.advance(5);
      assertThat(lastFrame()).contains("a #1 task [\u001b[32m##########\u001b[0m..........] 50.0%");
      now += 200_000_000;
      task.advance(5);
      assertThat(lastFrame()).contains("[\u001b[32m####################\u001b[0m] 100.0%");
    }
  }

  @Test
  void elsewherePlainLinesComeFromTimeToTime() {
    try (Progress.Task task = console(new Style(false, true, 80)).start("train", 1000, "images")) {
      for (int i = 0; i < 300; i++) {
        now += 100_000_000;
        task.advance(1);
      }
      now += 3_000_000_000L;
      task.advance(700);
    }
    assertThat(text().lines())
        .containsExactly(
            "train: 10.0%, 100/1,000 images, 10 images/s, 1:30 to go",
            "train: 20.0%, 200/1,000 images, 10 images/s, 1:20 to go",
            "train: 30.0%, 300/1,000 images, 10 images/s, 1:10 to go",
            "train: 100.0%, 1,000/1,000 images, 30.3 images/s",
            "train: 1,000 images in 33.0 s, 30.3 images/s");
    assertThat(text()).doesNotContain("\r", "\u001b");
  }

  @Test
  void skippedUnitsDoNotCountForTheSpeed() {
    try (Progress.Task task = console(new Style(false, false, 80)).start("train", 1000, "images")) {
      task.skip(900);
      now += 10_000_000_000L;
      task.advance(50);
    }
    assertThat(text().lines().toList().get(0))
        .isEqualTo("train: 95.0%, 950/1,000 images, 5 images/s, 10.0 s to go");
  }

  @Test
  void innerTasksAndNotesLeaveTheOuterBarInPlace() {
    Progress progress = console(new Style(true, false, 80));
    try (Progress.Task outer = progress.start("outer", 10, "epochs")) {
      try (Progress.Task inner = progress.start("inner", 10, "images")) {
        now += 1_000_000_000;
        outer.advance(1);
        assertThat(lastFrame()).startsWith("inner");
        inner.advance(5);
      }
      assertThat(lastFrame()).startsWith("outer [##");
      progress.note("checkpoint written");
      assertThat(text()).contains("\rcheckpoint written ");
      assertThat(lastFrame()).startsWith("outer [##");
    }
    assertThat(text().lines().filter(l -> l.contains("inner:"))).hasSize(1);
  }

  @Test
  void pinnedLinesStayAboveTheBarAndBelowWhatIsPrinted() {
    Progress progress = console(new Style(true, false, 80, 6));
    try (Progress.Task task = progress.start("outer", 10, "epochs")) {
      progress.pin(List.of("a 1", "b 2"));
      assertThat(screen()).containsExactly("a 1", "b 2", lastFrame());
      progress.note("one is done");
      now += 1_000_000_000;
      task.advance(1);
      assertThat(screen()).hasSize(4).startsWith("one is done", "a 1", "b 2");
      assertThat(screen().get(3)).startsWith("outer [##").contains("1/10 epochs");
      progress.pin(List.of("a 3"));
      assertThat(screen()).hasSize(3).startsWith("one is done", "a 3");
      progress.pin(List.of("1", "2", "3", "4", "5", "x".repeat(100)));
      assertThat(screen()).as("what fits").hasSize(6).startsWith("one is done", "1", "2", "3", "4");
      progress.pin(List.of());
      assertThat(screen()).hasSize(2);
    }
    assertThat(screen()).hasSize(2).startsWith("one is done").allMatch(l -> !l.contains("["));
  }

  @Test
  void nothingIsPinnedWhereNothingCanBeOverwritten() {
    Progress progress = console(new Style(false, false, 80));
    progress.pin(List.of("a 1"));
    progress.note("note");
    assertThat(text()).isEqualTo("note" + System.lineSeparator());
  }

  /** What a terminal of many lines shows of all that was written. */
  private List<String> screen() {
    List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
    int row = 0;
    int column = 0;
    Matcher parts =
        Pattern.compile("\u001b\\[([0-9]*)([AJK])|\r|\n|[^\u001b\r\n]+").matcher(text());
    while (parts.find()) {
      String part = parts.group();
      StringBuilder line = lines.get(row);
      if (part.equals("\r")) {
        column = 0;
      } else if (part.equals("\n")) {
        row++;
        column = 0;
        if (row == lines.size()) {
          lines.add(new StringBuilder());
        }
      } else if (part.endsWith("A") && part.startsWith("\u001b")) {
        row -= Integer.parseInt(parts.group(1));
      } else if (part.startsWith("\u001b")) {
        line.setLength(Math.min(line.length(), column));
        if (part.endsWith("J")) {
          lines.subList(row + 1, lines.size()).clear();
        }
      } else {
        line.append(" ".repeat(Math.max(0, column - line.length())));
        line.replace(column, Math.min(line.length(), column + part.length()), part);
        column += part.length();
      }
    }
    return lines.stream()
        .map(line -> line.toString().stripTrailing())
        .filter(line -> !line.isEmpty())
        .toList();
  }

  @Test
  void anErrorStillEndsTheLine() {
    Progress progress = console(new Style(true, false, 80));
    assertThatThrownBy(
            () -> {
              try (Progress.Task task = progress.start("t", 10, "images")) {
                task.advance(1);
                throw new HoldfastException("stop");
              }
            })
        .hasMessage("stop");
    assertThat(text()).endsWith(System.lineSeparator());
  }

  @Test
  void anyOtherStreamIsNoTerminal() {
    try (Progress.Task task =
        ConsoleProgress.of(out, Map.of("COLUMNS", "100")).start("t", 1, "images")) {
      task.advance(1);
    }
    assertThat(text()).startsWith("t: 1 images in").doesNotContain("\r");
    try (Progress.Task task = Progress.silent().start("t", 1, "images")) {
      task.skip(1);
      task.stat("loss", 1);
    }
    assertThat(text().lines().count()).isEqualTo(1);
  }

  @Test
  void tablesAlignNumbersRight() {
    Table table =
        new Table("attack", "robust", "n").row("fgsm", "65.3%", 1000).row("größer", "-", 5);
    assertThat(table)
        .hasToString(
            """
            attack  robust     n
            ------  ------  ----
            fgsm     65.3%  1000
            größer       -     5
            """);
    assertThatThrownBy(() -> table.row("x")).hasMessage("3 columns but 1 cells");
    assertThat(new Table("a")).hasToString("a\n-\n");
  }

  @ParameterizedTest
  @CsvSource({
    "0.004, 0.00 s",
    "0.35, 0.35 s",
    "12.34, 12.3 s",
    "59.96, 1:00",
    "245, 4:05",
    "3723, 1:02:03",
    "-1, -",
    "NaN, -"
  })
  void durations(double seconds, String text) {
    assertThat(Format.seconds(seconds)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1610612736, 1.5 GiB",
    "1048575, 1.0 MiB",
    "-2048, -2.0 KiB",
    "9223372036854775807, 8.0 EiB"
  })
  void sizes(long size, String text) {
    assertThat(Format.bytes(size)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.05, 0.05",
    "12.345, 12.35",
    "1234.6, 1235",
    "0.00012, 1.2e-04",
    "2500000, 2.5e+06",
    "1000, 1000",
    "-0.5, -0.5",
    "100, 100",
    "NaN, NaN",
    "1e6, 1e+06"
  })
  void numbers(double value, String text) {
    assertThat(Format.number(value)).isEqualTo(text);
  }

  @Test
  void shares() {
    assertThat(Format.percent(653, 1000)).isEqualTo("65.3% of 1,000");
    assertThat(Format.percent(0, 0)).isEqualTo("-");
    assertThat(Format.percent(Double.NaN)).isEqualTo("-");
  }

  private Progress console(Style style) {
    return new ConsoleProgress(out, style, () -> now);
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private String lastFrame() {
    String text = text();
    return text.substring(text.lastIndexOf('\r') + 1);
  }
}
