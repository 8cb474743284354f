package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ObjectivesCommandTest {
  private static final Path PAGE = Path.of("..", "docs", "objectives.md");

  @Test
  void thePageIsAsTheRegistryHasIt() throws IOException {
    String page = Files.readString(PAGE);
    assertThat(GeneratedPage.renew(page, PAGE.toString(), ObjectivePage.generated()))
        .as("docs/objectives.md; renew it: ./holdfast objectives --page docs/objectives.md")
        .isEqualTo(page);
  }

  @Test
  void jsonListsNamesSettingsAndPasses() {
    Ran ran = Ran.command("objectives", "--json");
    assertThat(ran.exit()).isZero();
    JsonNode all = Json.parse(ran.out(), "objectives");
    assertThat(all.fieldNames()).toIterable().containsExactlyElementsOf(Objectives.names());
    assertThat(all.at("/trades/parameters/beta").asText()).isEqualTo("6.0");
    assertThat(all.at("/trades/passes/forward").asText()).isEqualTo("k + 3");
    assertThat(all.at("/trades/passes/backward").asText()).isEqualTo("k + 2");
    assertThat(all.at("/standard/passes/forward").asText()).isEqualTo("1");
    assertThat(all.at("/standard/adversarial").asBoolean()).isFalse();
    assertThat(all.at("/rslad/passes/guide").asText()).isEqualTo("1");
    assertThat(all.at("/hat/parameters/helper").asText()).isEqualTo("required");
  }

  @Test
  void theListNamesEachWithItsCost() {
    Ran ran = Ran.command("objectives");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("mart: ").contains("k + 2 forward, k + 2 backward");
  }
}
