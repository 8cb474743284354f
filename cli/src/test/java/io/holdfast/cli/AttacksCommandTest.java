package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.evaluate.AttackCost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class AttacksCommandTest {
  private static final Percentage FIVE_PERCENT = Percentage.withPercentage(5);
  private static final Path PAGE = Path.of("..", "docs", "attacks.md");

  /** Counting beyond this takes too long for a test; the page's own figure stands. */
  private static final long MANY = 2500;

  /** Finished no sample in the run of the page, which says so: one takes 231,300 queries. */
  private static final Set<String> ENDLESS = Set.of("zoo");

  /** What the page says that an attack costs. */
  private static AttackCost told(String page, String name) {
    Matcher row =
        Pattern.compile("\\| `" + name + "` \\|(?:[^|]*\\|){3} ([0-9,]+) \\| ([0-9,]+) \\|")
            .matcher(page);
    assertThat(row.find()).as("a row of %s", name).isTrue();
    return new AttackCost(number(row.group(2)), number(row.group(1)));
  }

  private static long number(String text) {
    return Long.parseLong(text.replace(",", ""));
  }

  @Test
  void thePageIsAsTheRegistryHasIt() throws IOException {
    String page = Files.readString(PAGE);
    Map<String, String> parts =
        AttackPage.generated(
            spec -> {
              AttackCost told = told(page, spec.name());
              return told.queries() > MANY ? told : AttackPage.cost(spec);
            });
    assertThat(GeneratedPage.renew(page, PAGE.toString(), parts))
        .as("docs/attacks.md; renew it: ./holdfast attacks --page docs/attacks.md")
        .isEqualTo(page);
  }

  /**
   * Figures are not made anew by a test; that an attack has none is noticed, and so is one that had
   * no verdict on any sample within its time, whatever the threat model, but for {@link #ENDLESS}.
   */
  @Test
  void everyAttackIsMeasured() throws IOException {
    String page = Files.readString(PAGE);
    String measured = page.substring(page.indexOf("<!-- generated: measured -->"));
    Map<String, Long> finished = new LinkedHashMap<>();
    Matcher rows =
        Pattern.compile(
                "(?m)^\\| `([a-z0-9-]+)` \\| [^|]*\\| [0-9,]+ of ([0-9,]+) \\|"
                    + "(?:[^|]*\\|){4} ([0-9,]*) ?\\|$")
            .matcher(measured.substring(0, measured.indexOf("<!-- end -->")));
    while (rows.find()) {
      long without = rows.group(3).isEmpty() ? 0 : number(rows.group(3));
      finished.merge(rows.group(1), number(rows.group(2)) - without, Long::sum);
    }
    assertThat(finished.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Attacks.describe().stream().map(AttackSpec::name).toList());
    finished.forEach(
        (name, samples) -> assertThat(samples > 0).as(name).isEqualTo(!ENDLESS.contains(name)));
  }

  /**
   * The costs that {@link #thePageIsAsTheRegistryHasIt} takes as they are told. Where one ends that
   * looks every hundred passes whether it still gains depends on the processor's kernels: {@code
   * cw} takes 3,400 passes on some and 3,300 on others.
   */
  @Tag("slow")
  @Test
  void longAttacksCostWhatThePageSays() throws IOException {
    String page = Files.readString(PAGE);
    for (AttackSpec<?> spec : Attacks.describe()) {
      AttackCost told = told(page, spec.name());
      if (told.queries() > MANY) {
        AttackCost cost = AttackPage.cost(spec);
        assertThat(cost.queries()).as(spec.name()).isCloseTo(told.queries(), FIVE_PERCENT);
        assertThat(cost.gradients()).as(spec.name()).isCloseTo(told.gradients(), FIVE_PERCENT);
      }
    }
  }

  @Test
  void jsonListsTheInventory() {
    Ran ran = Ran.command("attacks", "--json");
    JsonNode all = Json.parse(ran.out(), "attacks");
    assertThat(all.size()).isEqualTo(Attacks.describe().size());
    JsonNode pgd = all.path("pgd");
    assertThat(pgd.path("knowledge").asText()).isEqualTo("white-box");
    assertThat(pgd.path("targeted").asBoolean()).isTrue();
    assertThat(pgd.at("/parameters/steps/default").asInt()).isEqualTo(10);
    assertThat(all.at("/square/norms").toString()).isEqualTo("[\"linf\",\"l2\",\"l1\"]");
    assertThat(all.at("/uniform-noise/targeted").asBoolean()).isFalse();
    assertThat(all.at("/fab/smallest").asBoolean()).isTrue();
  }

  @Test
  void whiteBoxAttacksSpendGradientsAndTheOthersNone() throws IOException {
    String page = Files.readString(PAGE);
    for (AttackSpec<?> spec : Attacks.describe()) {
      boolean gradients = told(page, spec.name()).gradients() > 0;
      assertThat(gradients)
          .as(spec.name())
          .isEqualTo(spec.needs() == io.holdfast.threat.Knowledge.WHITE_BOX);
    }
  }

  @Test
  void aPageWithoutMarksIsRefused() {
    assertThatThrownBy(() -> GeneratedPage.renew("nothing", "x.md", Map.of("inventory", "")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("<!-- generated: inventory -->");
  }
}
