package io.holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.record.Scorecard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fgsm | FGSM",
        "r-fgsm | R-FGSM",
        "pgd[steps=50,restarts=5] | PGD, 50 steps, 5 restarts",
        "pgd[restarts=1,step_size=0.01] | PGD, 1 restart, step size 0.01",
        "square[queries=5000] | Square, 5000 queries",
        "apgd-dlr | APGD-DLR",
        "what is <this> | what is <this>",
        "pgd[steps= | pgd[steps="
      })
  void attacksReadWell(String key, String words) {
    assertThat(Words.attack(key)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"0, none", "0.001, fewer than 1", "0.706, 71", "0.999, more than 99", "1, 100"})
  void countsOfAHundredHideNothing(double share, String words) {
    assertThat(Numbers.ofHundred(share)).isEqualTo(words);
  }

  @Test
  void verdictComparesModels() {
    View view =
        new View(
            "t",
            List.of(
                model("standard", ReportFixture.standard()),
                model("hardened", ReportFixture.hardened())),
            null,
            null);
    assertThat(Words.verdict(view))
        .isEqualTo(
            "The hardened model keeps 79 of 100 images correct under the worst of 2 attacks within"
                + " L-infinity 0.1; the standard model keeps 1.");
    assertThat(Words.basis(view))
        .isEqualTo(
            "Measured on 400 test images; the strongest single attack is PGD, 50 steps, 5"
                + " restarts.");
  }

  @Test
  void verdictOfOneModelSaysWhatItCosts() {
    View view = new View("t", List.of(model("my model", ReportFixture.hardened())), null, null);
    assertThat(Words.verdict(view))
        .startsWith("“my model” keeps 79 of 100 images correct")
        .endsWith("; with no attack it answers 86 correctly.");
  }

  @Test
  void verdictWithoutAttackClaimsNoRobustness() {
    View view = new View("t", List.of(model("plain", ReportFixture.notAttacked())), null, null);
    assertThat(Words.verdict(view))
        .isEqualTo("The plain model answers 86 of 100 images correctly; no attack was tried.");
    assertThat(Words.basis(view)).isEqualTo("Measured on 400 test images.");
  }

  @Test
  void weakestClassIsNamed() {
    assertThat(Words.weakest(model("m", ReportFixture.hardened())))
        .startsWith("Shirt is the weakest class under attack: 57.5% correct, down from 72.5%");
  }

  @Test
  void threatModelInWords() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("perturbation", "l2");
    settings.put("epsilon", 1.5);
    settings.put("domain", List.of(0, 1));
    settings.put("goal", "class:3");
    settings.put("query_budget", null);
    ThreatWords words = new ThreatWords(settings, "l2:1.5");
    assertThat(words.shortForm()).isEqualTo("L2 1.5");
    assertThat(words.facts())
        .containsEntry("May change", "the image by a Euclidean distance of at most 1.5 (L2)")
        .containsEntry("Pixels stay within", "0 to 1")
        .containsEntry("Wins with", "class 3")
        .containsEntry("Query budget", "not limited");
    assertThat(new ThreatWords(Map.of("perturbation", "rotation"), "rot").shortForm())
        .isEqualTo("threat model rot");
    ThreatWords patch = new ThreatWords(Map.of("perturbation", "patch", "side", 6), "patch:6");
    assertThat(patch.facts())
        .containsEntry("May change", "one square with a side of 6 pixels, to any colours");
    assertThat(patch.shortForm()).isEqualTo("threat model patch:6");
  }

  private static View.Model model(String name, Scorecard card) {
    return new View.Model(name, card, LearningCurves.none(), List.of());
  }

  @Test
  void flagsReachThePage() {
    String page =
        Report.html(ReportFixture.card(List.of("cat", "dog"), 20, .3, .1, Set.of())).render();
    assertThat(page).contains("Read this first").contains("few samples: 20");
  }
}
