package io.holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.record.Scorecard;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opens reports in a real browser. The page's policy makes each request to a network an error. */
class ReportBrowserTest {
  private final Path folder;
  private final Chromium chromium;

  ReportBrowserTest(@TempDir Path folder) {
    this.folder = folder;
    this.chromium = Chromium.require(folder);
  }

  private Path page(String html) throws IOException {
    return Files.writeString(folder.resolve("report.html"), html);
  }

  private static long count(String regex, String text) {
    return Pattern.compile(regex).matcher(text).results().count();
  }

  /** The part of the DOM that a chart was drawn in, one for each of its kind. */
  private static List<String> charts(String dom, String kind) {
    return Pattern.compile("data-chart=\"" + kind + "\".*?</svg>", Pattern.DOTALL)
        .matcher(dom)
        .results()
        .map(match -> match.group())
        .toList();
  }

  private static long marks(String dom, String kind, String mark) {
    return charts(dom, kind).stream().mapToLong(chart -> count(mark, chart)).sum();
  }

  @Test
  void everyChartIsDrawnWithoutAWordOnTheConsole() throws Exception {
    Chromium.Visit visit = chromium.visit(page(ReportFixture.comparison().render()), "--dump-dom");
    String dom = visit.output();
    assertThat(visit.console()).isEmpty();
    assertThat(count("<svg [^>]*role=\"img\" aria-label=\"[^\"]+\"", dom)).isEqualTo(17);

    Scorecard standard = ReportFixture.standard();
    Scorecard hardened = ReportFixture.hardened();
    assertThat(marks(dom, "corruptions", "<rect")).isEqualTo(2 * 19 * 5);
    assertThat(marks(dom, "severity", "<circle")).isEqualTo(2 * (1 + 2 * 5));
    assertThat(marks(dom, "outcomes", "<circle")).isEqualTo(2 * 4);
    assertThat(marks(dom, "outcomes", "class=\"interval\"")).isEqualTo(2 * 4);
    assertThat(marks(dom, "epsilon", "<circle"))
        .isEqualTo(standard.curve().size() + hardened.curve().size());
    assertThat(marks(dom, "epsilon", "class=\"band\"")).isEqualTo(2);
    assertThat(marks(dom, "classes", "<circle")).isEqualTo(2 * 10 * 2);
    assertThat(marks(dom, "confusion", "<rect")).isEqualTo(2 * 100);
    assertThat(marks(dom, "reliability", "<circle")).isEqualTo(bins(standard) + bins(hardened));
    assertThat(marks(dom, "learning", "class=\"line ")).isEqualTo(2 + 2 * 3);
    assertThat(marks(dom, "overfitting", "class=\"line ")).isEqualTo(2 * 2);
    assertThat(marks(dom, "overfitting", "<circle")).isEqualTo(2 * (4 + 1));
    assertThat(marks(dom, "strength", "class=\"line ")).isEqualTo(2);
    assertThat(marks(dom, "weakness", "<rect")).isEqualTo(2 * 10 * 4);
    assertThat(marks(dom, "learning", "<circle")).isEqualTo(2 * 2 * 4);
    assertThat(charts(dom, "[a-z]+")).hasSize(17).noneMatch(chart -> chart.contains("NaN"));
    assertThat(dom).contains("hardened, PGD, 50 steps, 5 restarts: 78.8%");
  }

  private static long bins(Scorecard card) {
    return View.Model.bins(card.calibration().clean()).size()
        + (long) View.Model.bins(card.calibration().attacked()).size();
  }

  @Test
  void smallReportsAreDrawnToo() throws Exception {
    for (Scorecard card : List.of(ReportFixture.hardened(), ReportFixture.notAttacked())) {
      Chromium.Visit visit = chromium.visit(page(Report.html(card).render()), "--dump-dom");
      assertThat(visit.console()).isEmpty();
      assertThat(charts(visit.output(), "outcomes")).hasSize(1);
    }
  }

  @Test
  void hostileNamesDoNothing() throws Exception {
    String hostile = "</script><script>console.log('here')</script><img src=x onerror=alert(1)>";
    Scorecard card =
        ReportFixture.card(List.of(hostile, "b", "c", "d", "e"), 120, .2, .1, Set.of());
    Report report =
        Report.builder()
            .title(hostile)
            .model(hostile, card, LearningCurves.none(), ReportFixture.examples())
            .command(hostile)
            .build();
    Chromium.Visit visit = chromium.visit(page(report.render()), "--dump-dom");
    assertThat(visit.console()).isEmpty();
    assertThat(count("<img[^>]*onerror", visit.output())).isZero();
    assertThat(charts(visit.output(), "confusion")).hasSize(1);
  }

  @Test
  void requestsAndForeignScriptsWouldBeNoticed() throws Exception {
    String page =
        ReportFixture.comparison()
            .render()
            .replace("</main>", "<img src=\"http://127.0.0.1:9/x.png\"><script>1</script></main>");
    assertThat(chromium.visit(page(page), "--dump-dom").console())
        .hasSize(2)
        .allMatch(line -> line.contains("Content Security Policy"));
  }

  @Test
  void followsLightAndDark() throws Exception {
    Path page = page(ReportFixture.comparison().render());
    assertThat(brightness(page, "1")).isGreaterThan(220);
    assertThat(brightness(page, "0")).isLessThan(60);
  }

  /** Mean grey level of the first screen, 0 to 255. */
  private double brightness(Path page, String scheme) throws Exception {
    Path file = folder.resolve("screen" + scheme + ".png");
    chromium.visit(
        page,
        "--blink-settings=preferredColorScheme=" + scheme,
        "--window-size=1000,1200",
        "--screenshot=" + file);
    BufferedImage image = ImageIO.read(file.toFile());
    long sum = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int rgb = image.getRGB(x, y);
        sum += (rgb >> 16 & 0xff) + (rgb >> 8 & 0xff) + (rgb & 0xff);
      }
    }
    return sum / 3.0 / image.getWidth() / image.getHeight();
  }

  @Test
  void printsOnAFewA4Pages() throws Exception {
    Path file = folder.resolve("report.pdf");
    chromium.visit(
        page(ReportFixture.comparison().render()),
        "--no-pdf-header-footer",
        "--print-to-pdf=" + file);
    String pdf = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(count("/Type /Page\\b", pdf)).isBetween(4L, 9L);
    assertThat(count("/MediaBox \\[0 0 59[45][0-9.]* 84[12]", pdf)).isPositive();
  }
}
