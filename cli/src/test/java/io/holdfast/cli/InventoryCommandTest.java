package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Call;
import io.holdfast.common.Json;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Standard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InventoryCommandTest {
  private static final String TRAINED_ON = "embedded:fashion-mnist/train";

  /** Settings that make an attack short, where it has them. */
  private static final List<String> SHORT =
      List.of(
          "steps=2",
          "queries=30",
          "rounds=1",
          "searches=1",
          "effort=0.05",
          "population=6",
          "neighbours=2",
          "angles=3",
          "shifts=1",
          "tries=1");

  private static Path model;

  @BeforeAll
  static void train(@TempDir Path folder) {
    model = folder.resolve("model.holdfast");
    try (Bundle bundle =
        Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 16))
            .objective(new Standard())
            .epochs(8)
            .fit(FashionMnist.train().first(640))) {
      bundle.write(model);
    }
  }

  private static Ran inventory(Path out, Object... more) {
    List<Object> args = new ArrayList<>(List.of("inventory", "--model", model, "--out", out));
    args.addAll(List.of("--data", "embedded:fashion-mnist/test"));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  /** The smallest change is that towards the goal, too. */
  @Test
  void goalsReachEveryAttackAndFoldersAreTheirOwn(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("out");
    Ran ran =
        inventory(
            out, "--attack", "fab,pgd", "--threats", "linf:0.1[goal=class:3]", "--examples", 10);
    assertThat(ran.exit()).as(ran.err()).isZero();
    for (String attack : List.of("fab", "pgd")) {
      Path card = out.resolve(attack).resolve("linf-0.1").resolve("scorecard.json");
      assertThat(Json.read(card).at("/threat_model/goal").asText()).isEqualTo("class:3");
    }
    String both = "linf:0.1,linf:0.1[goal=class:3]";
    Ran twice = inventory(folder.resolve("twice"), "--attack", "fab", "--threats", both);
    assertThat(twice.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(twice.err()).contains("--threats: expected threat models with names of their own");
    Path wide = folder.resolve("wide.yaml");
    Files.writeString(wide, "perturbation: linf\nepsilon: 8\ndomain: [0, 255]\n");
    Path named = folder.resolve("named.yaml");
    Files.writeString(named, "name: ..\nperturbation: linf\nepsilon: 0.1\n");
    String bad = named + "," + wide;
    Ran refused = inventory(folder.resolve("bad"), "--attack", "fab", "--threats", bad);
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err())
        .contains("--threats: expected threat models whose names begin with no dot, found ..")
        .contains("--threats: domain: expected [0, 1]");
  }

  @Test
  void triesTheNamedAttacksOnTheSetsThatTheyTake(@TempDir Path folder) throws Exception {
    Ran ran =
        inventory(
            folder.resolve("out"),
            "--examples",
            "40",
            "--attack",
            "fgsm,fab,uniform-noise",
            "--threats",
            "linf:0.1,l2:1.5",
            "--budget",
            "20s",
            "--json");
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
    Ran ran =
        inventory(
            folder.resolve("out"),
            "--attack",
            "fgsm,fab",
            "--threats",
            "linf:0.1,l2:1.5",
            "--json",
            "--dry-run");
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode pairs = Json.parse(ran.out(), "pairs");
    assertThat(pairs).hasSize(4);
    assertThat(pairs.get(3).path("attack").asText()).isEqualTo("fab");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void everyAttackTakesSomeSetThatIsTriedByDefault(@TempDir Path folder) {
    Set<String> tried = new HashSet<>();
    defaultPairs(folder).forEach(pair -> tried.add(pair.path("attack").asText()));
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

  /** On four images; each attack in every set that is tried by default and that it takes. */
  @Test
  void everyAttackRunsByItsNameInEverySet(@TempDir Path folder) {
    Map<String, List<String>> groups = groups(folder);
    Set<String> seen = new TreeSet<>();
    groups.forEach(
        (threat, attacks) -> {
          Path out = folder.resolve("run-" + threat.replace(':', '-'));
          Object[] command = {
            "evaluate",
            "--model",
            model,
            "--data",
            TRAINED_ON,
            "--examples",
            4,
            "--threat",
            threat,
            "--attack",
            String.join(",", attacks.stream().map(InventoryCommandTest::brief).toList()),
            "--out",
            out
          };
          Ran ran = Ran.command(command);
          assertThat(ran.exit()).as(threat + ": " + ran.err()).isZero();
          for (Attempt row : Ledger.read(out).rows()) {
            if (row.kind() == Kind.VERDICT && row.queries() + row.linf() > 0) {
              seen.add(threat + " " + Attacks.name(row.attempt()));
            }
          }
        });
    Set<String> pairs = new TreeSet<>();
    groups.forEach((threat, attacks) -> attacks.forEach(a -> pairs.add(threat + " " + a)));
    assertThat(seen).isEqualTo(pairs);
  }

  /** Names of attacks by threat model, as a dry run with the defaults has them. */
  private static Map<String, List<String>> groups(Path folder) {
    Map<String, String> texts = new HashMap<>();
    for (String text : Call.splitList(InventoryCommand.THREATS)) {
      texts.put(ThreatModel.parse(text).set().key(), text);
    }
    Map<String, List<String>> groups = new LinkedHashMap<>();
    for (JsonNode pair : defaultPairs(folder)) {
      String threat = pair.path("threat").asText();
      groups
          .computeIfAbsent(texts.getOrDefault(threat, threat), t -> new ArrayList<>())
          .add(pair.path("attack").asText());
    }
    assertThat(groups.keySet()).containsExactlyInAnyOrderElementsOf(texts.values());
    return groups;
  }

  private static JsonNode defaultPairs(Path folder) {
    Ran ran = inventory(folder.resolve("out"), "--json", "--dry-run");
    assertThat(ran.exit()).as(ran.err()).isZero();
    return Json.parse(ran.out(), "pairs");
  }

  private static String brief(String name) {
    AttackSpec<?> spec =
        Attacks.describe().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    List<String> names = spec.parameters().stream().map(AttackSpec.Parameter::name).toList();
    List<String> settings =
        SHORT.stream().filter(s -> names.contains(s.substring(0, s.indexOf('=')))).toList();
    return settings.isEmpty() ? spec.name() : spec.name() + "[" + String.join(",", settings) + "]";
  }
}
