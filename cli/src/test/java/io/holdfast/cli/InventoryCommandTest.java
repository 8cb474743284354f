package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.train.objective.Standard;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InventoryCommandTest {
  private static Path model(Path folder) {
    Path file = folder.resolve("model.holdfast");
    try (Bundle bundle =
        Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 16))
            .objective(new Standard())
            .epochs(8)
            .fit(FashionMnist.train().first(640))) {
      bundle.write(file);
    }
    return file;
  }

  @Test
  void triesTheNamedAttacksOnTheSetsThatTheyTake(@TempDir Path folder) throws Exception {
    Object[] command = {
      "inventory",
      "--model",
      model(folder),
      "--data",
      "embedded:fashion-mnist/test",
      "--examples",
      "40",
      "--attack",
      "fgsm,fab,uniform-noise",
      "--threats",
      "linf:0.1,l2:1.5",
      "--budget",
      "20s",
      "--json",
      "--out",
      folder.resolve("out")
    };
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode rows = Json.parse(ran.out(), "rows");
    assertThat(rows).hasSize(6);
    for (JsonNode row : rows) {
      assertThat(row.path("attacked").asInt()).isBetween(10, 40);
    }
    JsonNode fab = rows.get(5);
    assertThat(fab.path("attack").asText()).isEqualTo("fab");
    assertThat(fab.path("threat").asText()).isEqualTo("l2:1.5");
    assertThat(fab.path("distance").asDouble()).as("found without a limit").isPositive();
    assertThat(fab.path("fell").asInt()).isPositive();
    assertThat(Files.readString(folder.resolve("out/inventory.json"))).isEqualTo(ran.out());
    assertThat(folder.resolve("out/fab/l2-1.5/ledger.parquet")).exists();
  }

  @Test
  void aDryRunSaysWhatWouldBeRunAndWritesNothing(@TempDir Path folder) {
    Object[] command = {
      "inventory",
      "--model",
      model(folder),
      "--data",
      "embedded:fashion-mnist/test",
      "--attack",
      "fgsm,fab",
      "--threats",
      "linf:0.1,l2:1.5",
      "--json",
      "--dry-run",
      "--out",
      folder.resolve("out")
    };
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode pairs = Json.parse(ran.out(), "pairs");
    assertThat(pairs).hasSize(4);
    assertThat(pairs.get(3).path("attack").asText()).isEqualTo("fab");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void everyAttackTakesSomeSetThatIsTriedByDefault(@TempDir Path folder) {
    Object[] command = {
      "inventory",
      "--model",
      model(folder),
      "--data",
      "embedded:fashion-mnist/test",
      "--json",
      "--dry-run",
      "--out",
      folder.resolve("out")
    };
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isZero();
    Set<String> tried = new HashSet<>();
    Json.parse(ran.out(), "pairs").forEach(pair -> tried.add(pair.path("attack").asText()));
    assertThat(tried)
        .containsExactlyInAnyOrderElementsOf(
            Attacks.describe().stream().map(AttackSpec::name).toList());
  }

  @Test
  void unknownNamesAndSizesAreRefusedTogether(@TempDir Path folder) {
    Ran ran =
        Ran.command(
            "inventory",
            "--model",
            folder.resolve("none.holdfast"),
            "--data",
            "embedded:fashion-mnist/test",
            "--attack",
            "fgms",
            "--threats",
            "linf:2",
            "--budget",
            "soon",
            "--out",
            folder.resolve("out"));
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("fgsm").contains("linf:2").contains("soon").contains("none.");
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
