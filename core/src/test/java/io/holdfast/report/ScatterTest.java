package io.holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where axes end and labels stand. */
final class ScatterTest {
  private static final Pattern TEXT =
      Pattern.compile("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\" text-anchor=\"(\\w+)\"[^>]*>([^<]*)<");

  private static List<MatchResult> texts(Scatter scatter) {
    StringBuilder page = new StringBuilder();
    scatter.figure().appendTo(page);
    return TEXT.matcher(page).results().toList();
  }

  private static Scatter of(Scatter.Dot... dots) {
    return new Scatter("clean", "robust", "all", List.of(dots));
  }

  @Test
  void axesGoFromOneRoundNumberToAnother() {
    List<MatchResult> texts =
        texts(
            of(new Scatter.Dot("a", 0.5, 0.01, false), new Scatter.Dot("b", 0.915, 0.635, false)));
    assertThat(texts.stream().map(t -> t.group(4)))
        .containsSubsequence("50%", "60%", "70%", "80%", "90%", "100%", "0%", "20%", "40%", "60%")
        .contains("80%")
        .noneMatch(t -> t.contains("."));
    assertThat(texts(of(new Scatter.Dot("a", 1, 0, true))).stream().map(t -> t.group(4)))
        .contains("a", "99%", "100%", "0%", "1%");
  }

  @Test
  void labelsStandInThePictureAndDoNotMeet() {
    Scatter.Dot[] dots =
        IntStream.range(0, 6)
            .mapToObj(i -> new Scatter.Dot("feature-pairing-" + i, 0.9 + i / 500.0, 0.01, true))
            .toArray(Scatter.Dot[]::new);
    List<MatchResult> labels =
        texts(of(dots)).stream().filter(t -> t.group(4).startsWith("feature")).toList();
    assertThat(labels).hasSize(6);
    for (MatchResult one : labels) {
      assertThat(left(one)).isBetween(0.0, 640.0 - width(one));
      for (MatchResult other : labels) {
        boolean apart = Math.abs(at(one, 2) - at(other, 2)) >= 12;
        boolean beside =
            left(one) >= left(other) + width(other) || left(other) >= left(one) + width(one);
        assertThat(one == other || apart || beside)
            .as(one.group() + " and " + other.group())
            .isTrue();
      }
    }
  }

  private static double at(MatchResult text, int group) {
    return Double.parseDouble(text.group(group));
  }

  private static double width(MatchResult text) {
    return 6.5 * text.group(4).length();
  }

  private static double left(MatchResult text) {
    return text.group(3).equals("end") ? at(text, 1) - width(text) : at(text, 1);
  }
}
