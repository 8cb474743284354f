package io.holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Hashes;
import io.holdfast.common.Json;
import io.holdfast.common.governor.Decision;
import io.holdfast.record.AttackScore;
import io.holdfast.record.Attempt;
import io.holdfast.record.ClassScore;
import io.holdfast.record.Comparison;
import io.holdfast.record.Difference;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.record.SeenAttacks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final String COMPARISON = ReportFixture.comparison().render();

  private static List<String> all(String regex, String text) {
    return Pattern.compile(regex, Pattern.DOTALL)
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .toList();
  }

  /** The page without scripts and style, whose text would confuse searches for markup. */
  private static String markup(String page) {
    return page.replaceAll("(?s)<(script|style).*?</\\1>", "");
  }

  private static JsonNode payload(String page) {
    String json = all("(?<=id=\"report-data\">).*?(?=</script>)", page).get(0);
    return Json.parse(json, "payload");
  }

  @Test
  void equalInputGivesEqualBytes() {
    assertThat(ReportFixture.comparison().render()).isEqualTo(COMPARISON);
  }

  @Test
  void writesWhatItRenders(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("deep/report.html");
    ReportFixture.comparison().write(file);
    assertThat(Files.readString(file)).isEqualTo(COMPARISON);
    assertThat(Files.size(file)).isLessThan(1_500_000);
  }

  @Test
  void holdsEverySectionOnce() {
    String markup = markup(COMPARISON);
    List<String> ids = all("(?<=<section id=\")[^\"]*", markup);
    assertThat(ids)
        .containsExactly(
            "results",
            "strength",
            "attacks",
            "corruptions",
            "classes",
            "examples",
            "confusion",
            "calibration",
            "learning",
            "threat",
            "provenance",
            "reproduce");
    assertThat(all("(?<=<li><a href=\"#)[^\"]*", markup)).isEqualTo(ids);
    assertThat(all(" id=\"[^\"]*\"", markup)).doesNotHaveDuplicates();
    assertThat(all("<h1>", markup)).hasSize(1);
  }

  @Test
  void asksTheNetworkForNothing() {
    assertThat(all("(?<=(src|href)=\")[^\"]*", markup(COMPARISON)))
        .allSatisfy(target -> assertThat(target).matches("(?s)#.*|data:.*"));
    String style = all("<style>.*?</style>", COMPARISON).get(0);
    assertThat(style).doesNotContain("url(").doesNotContain("@import");
  }

  @Test
  void onlyItsOwnScriptsMayRun() {
    String policy = all("(?<=content=\")default-src[^\"]*", COMPARISON).get(0);
    List<String> texts = all("(?<=<(script|style)>).*?(?=</(script|style)>)", COMPARISON);
    assertThat(texts).hasSize(3);
    for (String text : texts) {
      String hex = Hashes.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
      String hash = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
      assertThat(policy).contains("&#39;sha256-" + hash + "&#39;");
    }
    assertThat(policy).startsWith("default-src &#39;none&#39;;").doesNotContain("unsafe");
  }

  @Test
  void isReadableWithoutSeeing() {
    String markup = markup(COMPARISON);
    assertThat(all("<img[^>]*>", markup))
        .hasSize(2 * 6 * 3)
        .allSatisfy(img -> assertThat(img).containsPattern(" alt=\"[^\"]+\""));
    assertThat(all("<table>.*?</table>", markup))
        .hasSize(17)
        .allSatisfy(table -> assertThat(table).contains("<caption>", "scope=\"col\""));
    assertThat(all("<tbody>.*?</tbody>", markup))
        .allSatisfy(
            body ->
                assertThat(all("<tr", body)).hasSameSizeAs(all("<th[^>]* scope=\"row\"", body)));
    assertThat(COMPARISON).contains("<html lang=\"en\">");
  }

  @Test
  void noElementHasAnAttributeTwice() {
    for (String tag : all("<[a-z][^>]*>", markup(COMPARISON))) {
      assertThat(all("(?<= )[a-z-]+(?==\")", tag)).as(tag).doesNotHaveDuplicates();
    }
  }

  @Test
  void tablesSayWhatTheScorecardsSay() {
    String markup = markup(COMPARISON);
    for (Scorecard card : List.of(ReportFixture.standard(), ReportFixture.hardened())) {
      for (Rate rate : rates(card)) {
        assertThat(markup)
            .contains(
                ">%s<small>%s – %s</small>"
                    .formatted(
                        Numbers.percent(rate.value()),
                        Numbers.percent(rate.ci95().get(0)),
                        Numbers.percent(rate.ci95().get(1))));
      }
    }
  }

  private static List<Rate> rates(Scorecard card) {
    List<@Nullable Rate> rates = new ArrayList<>();
    rates.add(card.cleanAccuracy());
    rates.add(card.robustAccuracy());
    for (AttackScore attack : card.attacks().values()) {
      rates.add(attack.robustAccuracy());
      rates.add(attack.successRate());
    }
    for (ClassScore score : card.classes()) {
      rates.add(score.cleanAccuracy());
      rates.add(score.robustAccuracy());
    }
    card.curve().forEach(point -> rates.add(point.robustAccuracy()));
    return rates.stream().flatMap(Stream::ofNullable).toList();
  }

  /** As the page says where scripts do not run. */
  @Test
  void everyNumberOfAChartIsAlsoInATable() {
    String cells = String.join("\n", all("<t[hd][^>]*>.*?</t[hd]>", markup(COMPARISON)));
    for (JsonNode model : payload(COMPARISON).path("models")) {
      for (JsonNode point : model.path("loss")) {
        assertThat(cells).contains(">" + Numbers.significant(point.get(1).asDouble(), 4) + "<");
      }
      for (String key : List.of("cleanByEpoch", "robustByEpoch", "ownByEpoch", "probes")) {
        for (JsonNode point : model.path(key)) {
          assertThat(cells).contains(">" + Numbers.percent(point.get(1).asDouble()) + "<");
        }
      }
      for (JsonNode point : model.path("epsilonByEpoch")) {
        assertThat(cells).contains(">" + Numbers.significant(point.get(1).asDouble(), 4) + "<");
      }
      for (JsonNode epoch : model.path("weakness")) {
        for (JsonNode value : epoch.path("classes")) {
          assertThat(cells).contains(">" + Numbers.percent(value.asDouble()) + "<");
        }
      }
      for (JsonNode point : model.path("weakestByEpoch")) {
        assertThat(cells).contains(">" + Numbers.percent(point.get(1).asDouble()) + " of 47<");
      }
      for (String key : List.of("clean", "attacked")) {
        for (JsonNode bin : model.path(key)) {
          assertThat(cells)
              .contains(">" + Numbers.percent(bin.path("confidence").asDouble()) + "<")
              .contains(">" + Numbers.percent(bin.path("accuracy").asDouble()) + "<");
        }
      }
      for (JsonNode row : model.path("confusion")) {
        List<String> counts = new ArrayList<>();
        row.forEach(n -> counts.add("<td class=\"num\">" + n.asLong() + "</td>"));
        assertThat(cells).contains(String.join("\n", counts));
      }
    }
  }

  @Test
  void aCurveOverSomeImagesSaysWhyItStartsElsewhere() {
    List<Attempt> rows = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      rows.add(Attempt.clean(i, 0).predicted(i < 8 ? 0 : 1, 0.9f, 0.9f).build());
      if (i < 4) {
        rows.add(
            Attempt.of(Kind.CURVE, "pgd", i, 0)
                .threat("linf:0.1", 0.1)
                .outcome(Outcome.HELD)
                .predicted(0, 0.9f, 0.9f)
                .distances(1, 0.1, 0.1, 0.1)
                .build());
      }
    }
    Scorecard part =
        Scorecard.of(rows, ReportFixture.context(List.of("a", "b"), SeenAttacks.UNKNOWN));
    assertThat(part.curve().get(0).robustAccuracy()).isEqualTo(Rate.of(4, 4));
    assertThat(markup(Report.html(part).render()))
        .contains(
            "Over 4 images chosen by the seed among the 10: every point, also that at epsilon 0, is"
                + " of these alone, which is why it may differ from the accuracy without an attack"
                + " over all 10.");
    assertThat(markup(COMPARISON)).contains("Over 400 images. Bands").doesNotContain("of these");
  }

  @Test
  void whatCountsAsSeenIsSaid() {
    assertThat(markup(COMPARISON))
        .contains("In training: seen if the model was trained on that attack or on one of its")
        .contains("Distances of the successful examples, L-infinity; queries");
  }

  @Test
  void whatNobodyRecordedIsNotCalledUnseen() {
    String known = Report.html(ReportFixture.standard()).render();
    assertThat(known).contains("<td>unseen</td>").doesNotContain("<td>not known</td>");
    String unknown = Report.html(ReportFixture.ofUnknownTraining()).render();
    assertThat(unknown).contains("<td>not known</td>").doesNotContain("<td>unseen</td>");
  }

  /** Figures of different questions are not subtracted. */
  @Test
  void modelsOfDifferentThreatModelsAreNotCompared() {
    String other =
        ReportFixture.hardened()
            .toJson()
            .replaceAll("\"epsilon\" ?: ?0\\.1\\b", "\"epsilon\": 0.03");
    Scorecard far = Scorecard.fromJson(other, "other");
    assertThat(far.threatModel()).isNotEqualTo(ReportFixture.standard().threatModel());
    String page =
        Report.builder()
            .model("standard", ReportFixture.standard())
            .model("hardened", far)
            .build()
            .render();
    assertThat(page)
        .contains("The models were judged within different threat models")
        .contains("figures hold against its own attacker")
        .contains("within another threat model (L-infinity 0.1)")
        .contains("Models that were judged within other threat models are left out")
        .doesNotContain("Difference, points");
  }

  /** An attacker with a goal of its own is another one, which the epsilon does not tell. */
  @Test
  void goalsAreToldWhereTheyDiffer() {
    String wants = ReportFixture.hardened().toJson().replaceAll("\"any-wrong\"", "\"class:3\"");
    String page =
        Report.builder()
            .model("standard", ReportFixture.standard())
            .model("hardened", Scorecard.fromJson(wants, "wants"))
            .build()
            .render();
    assertThat(page)
        .contains(
            "standard: L-infinity 0.1, goal any-wrong, hardened: L-infinity 0.1, goal class:3")
        .contains("only if the model answers right without an attack, and the attacker")
        .contains("images right and keeps them from the wanted answer");
  }

  @Test
  void modelsOfOneNameAreToldApart() {
    Decision decision =
        new Decision("training", 3, Decision.What.WORKERS, 2, 1, "of the first", Map.of());
    String page =
        Report.builder()
            .model(
                "hardened",
                ReportFixture.standard(),
                LearningCurves.none(),
                List.of(),
                List.of(decision))
            .model("hardened", ReportFixture.hardened())
            .build()
            .render();
    assertThat(page).contains("hardened (1)", "hardened (2)").containsOnlyOnce("of the first");
  }

  @Test
  void differencesAreThoseOfTheComparisonThatWasGiven() {
    Comparison paired =
        new Comparison(
            Difference.paired(700, 20, 100, 180),
            null,
            Map.of(),
            Map.of(),
            List.of(),
            List.of(),
            List.of());
    String page =
        Report.builder()
            .model("standard", ReportFixture.standard())
            .model("hardened", ReportFixture.hardened())
            .comparison(paired)
            .build()
            .render();
    assertThat(page).contains("+8.0", "image by image");
    assertThat(COMPARISON).contains("as if of different images");
  }

  @Test
  void chartsDrawWhatTheScorecardsSay() {
    JsonNode card = Json.parse(ReportFixture.hardened().toJson(), "scorecard.json");
    JsonNode model = payload(COMPARISON).at("/models/1");
    assertThat(model.path("name").asText()).isEqualTo("hardened");
    assertThat(model.path("confusion")).isEqualTo(card.at("/confusion/attacked"));
    assertThat(model.path("clean")).isEqualTo(card.at("/calibration/clean/bins"));
    assertThat(model.path("attacked")).isEqualTo(card.at("/calibration/attacked/bins"));
    assertThat(model.path("curve")).hasSize(card.path("curve").size());
    assertThat(model.at("/curve/0/epsilon").asDouble()).isZero();
    assertThat(model.at("/curve/1/rate")).isEqualTo(card.at("/curve/1/robust_accuracy"));
    assertThat(model.at("/classes/0/name").asText()).isEqualTo("Shirt");
    assertThat(model.path("classes")).hasSize(10);
    JsonNode rows = payload(COMPARISON).path("rows");
    assertThat(rows).hasSize(4);
    assertThat(rows.at("/3/rates/1")).isEqualTo(card.path("robust_accuracy"));
  }

  @Test
  void hostileNamesStayText() {
    String hostile = "</script><img src=x onerror=alert(1)>\"'&";
    List<String> classes = List.of(hostile, "<!--", "]]>", "\u2028", "{{x}}");
    Scorecard card = ReportFixture.card(classes, 120, .2, .1, Set.of());
    String page =
        Report.builder()
            .title(hostile)
            .model(hostile, card, LearningCurves.none(), ReportFixture.examples())
            .command(hostile)
            .build()
            .render();
    assertThat(all("</script>", page)).hasSize(3);
    assertThat(all("<img[^>]*onerror", markup(page))).isEmpty();
    assertThat(page).doesNotContain("<!--");
    assertThat(payload(page).at("/models/0/name").asText()).isEqualTo(hostile);
    assertThat(payload(page).at("/models/0/classNames/3").asText()).isEqualTo("\u2028");
    assertThat(page).contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
  }

  @Test
  void oneModelNeedsNoComparison() {
    String page = Report.html(ReportFixture.hardened()).render();
    assertThat(markup(page))
        .contains("<h2 id=\"results-title\">Results</h2>")
        .doesNotContain("Difference, points", "id=\"examples\"", "id=\"learning\"", "Do it again");
    assertThat(payload(page).at("/models/0/css").asText()).isEqualTo("m1");
  }

  @Test
  void withoutAttackNothingIsClaimed() {
    String markup = markup(Report.html(ReportFixture.notAttacked()).render());
    assertThat(markup)
        .contains("no attack was tried", "<dd class=\"robust\">–</dd>")
        .doesNotContain("id=\"attacks\"", "id=\"strength\"", "id=\"confusion\"", "id=\"classes\"");
  }

  @Test
  void manyClassesShowTheWeakest() {
    List<String> classes = Stream.iterate(0, i -> i + 1).limit(100).map(i -> "c" + i).toList();
    String page = Report.html(ReportFixture.card(classes, 400, .2, .1, Set.of())).render();
    assertThat(payload(page).at("/models/0/classes")).hasSize(Payload.MOST_CLASSES);
    assertThat(page).contains("The 40 weakest of 100 classes");
  }

  @Test
  void aReportNeedsAModel() {
    Report.Builder empty = Report.builder();
    assertThatThrownBy(empty::build).isInstanceOf(IllegalArgumentException.class);
  }
}
