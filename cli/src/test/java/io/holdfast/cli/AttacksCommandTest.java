package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AttacksCommandTest {
  private static final Path PAGE = Path.of("..", "docs", "attacks.md");

  @Test
  void thePageIsAsTheRegistryHasIt() throws IOException {
    String page = Files.readString(PAGE);
    assertThat(AttackPage.renew(page, PAGE.toString(), AttackPage.generated()))
        .as("docs/attacks.md; renew it: ./holdfast attacks --page docs/attacks.md")
        .isEqualTo(page);
  }

  @Test
  void jsonListsTheInventory() {
    Ran ran = Ran.command("attacks", "--json");
    JsonNode all = Json.parse(ran.out(), "attacks");
    assertThat(all.size()).isEqualTo(Attacks.describe().size());
    JsonNode pgd = all.path("pgd");
    assertThat(pgd.path("knowledge").asText()).isEqualTo("white-box");
    assertThat(pgd.path("targeted").asBoolean()).isTrue();
    assertThat(pgd.at("/parameters/steps").asText()).isEqualTo("10");
    assertThat(all.at("/square/norms").toString()).isEqualTo("[\"linf\",\"l2\",\"l1\"]");
    assertThat(all.at("/uniform-noise/targeted").asBoolean()).isFalse();
    assertThat(all.at("/fab/smallest").asBoolean()).isTrue();
  }

  @Test
  void whiteBoxAttacksSpendGradientsAndTheOthersNone() {
    for (AttackSpec<?> spec : Attacks.describe()) {
      boolean gradients = AttackPage.cost(spec).gradients() > 0;
      assertThat(gradients)
          .as(spec.name())
          .isEqualTo(spec.needs() == io.holdfast.threat.Knowledge.WHITE_BOX);
    }
  }

  @Test
  void aPageWithoutMarksIsRefused() {
    assertThatThrownBy(() -> AttackPage.renew("nothing", "x.md", Map.of("inventory", "")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("<!-- generated: inventory -->");
  }
}
