package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Scorecard;
import io.holdfast.train.objective.Standard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other models are searched on, the model judges: in evaluations, campaigns and experiments. */
final class SurrogateOptionsTest {
  private static Path folder;
  private static final List<Path> MODELS = new ArrayList<>();

  @BeforeAll
  static void train(@TempDir Path directory) {
    folder = directory;
    for (int i = 0; i < 3; i++) {
      Path file = folder.resolve("model" + i + ".holdfast");
      try (Bundle bundle =
          Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 16 + i))
              .objective(new Standard())
              .epochs(4)
              .seed(i)
              .fit(FashionMnist.train().first(640))) {
        bundle.write(file);
      }
      MODELS.add(file);
    }
  }

  private static Ran evaluate(String out, Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--model",
                MODELS.get(0),
                "--data",
                "embedded:fashion-mnist/test",
                "--attack",
                "mi-fgsm",
                "--examples",
                60,
                "--out",
                folder.resolve(out)));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  private static double robust(String out) {
    Scorecard card = Scorecard.read(folder.resolve(out).resolve("scorecard.json"));
    return Objects.requireNonNull(card.robustAccuracy()).value();
  }

  @Test
  void aDecisionAloneIsEnoughAndTransferIsWeakerThanTheWhiteBox() {
    Ran white = evaluate("white", "--threat", "linf:0.05");
    assertThat(white.exit()).as(white.err()).isZero();
    String blind = "linf:0.05[knowledge=decision]";
    Ran black = evaluate("black", "--threat", blind, "--surrogate", MODELS.get(1));
    assertThat(black.exit()).as(black.err()).isZero();
    String two = MODELS.get(1) + "," + MODELS.get(2);
    Ran fused =
        evaluate("fused", "--threat", blind, "--surrogate", two, "--fusion", "probabilities");
    assertThat(fused.exit()).as(fused.err()).isZero();
    assertThat(robust("black")).isGreaterThanOrEqualTo(robust("white"));
    assertThat(robust("fused")).isGreaterThanOrEqualTo(robust("white"));
    Ran refused = evaluate("refused", "--threat", blind);
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err()).contains("knowledge");
  }

  @Test
  void aSurrogateThatIsNotThereIsNamed() {
    Ran ran =
        evaluate("none", "--threat", "linf:0.05", "--surrogate", folder.resolve("no.holdfast"));
    assertThat(ran.exit()).isNotZero();
    assertThat(ran.err()).contains("no.holdfast");
  }

  /** Of the same kind: two models of Fashion-MNIST. */
  @Test
  void theExampleOfACampaignRuns() throws IOException {
    String example = Files.readString(Path.of("../examples/campaigns/quickstart.yaml"));
    Path file = folder.resolve("quickstart.yaml");
    String here =
        example
            .replace("quick/standard/model.holdfast", folder.resolve("model0.holdfast").toString())
            .replace("quick/hardened/model.holdfast", folder.resolve("model1.holdfast").toString());
    assertThat(here).contains("examples: 200").doesNotContain("quick/");
    Files.writeString(file, here.replace("examples: 200", "examples: 20"));
    Ran ran = Ran.command("campaign", file, "--out", folder.resolve("example"));
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("standard", "hardened", "linf:0.1", "l2:1.5");
  }

  @Test
  void aCampaignSearchesOnThemToo() throws IOException {
    Path file = folder.resolve("campaign.yaml");
    Files.writeString(
        file,
        """
        seed: 7
        data: "embedded:fashion-mnist/test"
        examples: 60
        models: {first: "%1$s/model0.holdfast", second: "%1$s/model1.holdfast"}
        threats: ["linf:0.05[knowledge=decision]"]
        attacks: [mi-fgsm]
        surrogates: ["%1$s/model1.holdfast", "%1$s/model2.holdfast"]
        fusion: probabilities
        """
            .formatted(folder));
    Path out = folder.resolve("campaign");
    Ran ran = Ran.command("campaign", file, "--out", out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    String two = MODELS.get(1) + "," + MODELS.get(2);
    Ran alone =
        evaluate(
            "alone",
            "--threat",
            "linf:0.05[knowledge=decision]",
            "--surrogate",
            two,
            "--fusion",
            "probabilities",
            "--seed",
            7);
    assertThat(alone.exit()).as(alone.err()).isZero();
    JsonNode cells = Json.read(out.resolve("campaign.json")).path("cells");
    assertThat(cells.at("/0/robust_accuracy/value").asDouble()).isEqualTo(robust("alone"));
    Files.writeString(file, Files.readString(file).replace("model2", "model9"));
    Ran missing = Ran.command("campaign", file, "--out", folder.resolve("missing"));
    assertThat(missing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(missing.err()).contains("model9.holdfast");
    assertThat(folder.resolve("missing")).doesNotExist();
  }

  @Test
  void anExperimentIsEvaluatedByThemToo() throws IOException {
    Path tiny = Ran.experiment(folder);
    Path out = folder.resolve("tiny");
    String surrogate = "evaluate.surrogates=" + MODELS.get(1);
    Ran ran =
        Ran.command("harden", tiny, "--out", out, "--set", surrogate, "--set", "evaluate.curve=0");
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(out.resolve("scorecard.json"));
    assertThat(Json.tree(card.provenance()).toString()).contains("model1.holdfast");
    Ran missing =
        Ran.command(
            "harden",
            tiny,
            "--out",
            folder.resolve("missing"),
            "--set",
            "evaluate.surrogates=no.holdfast");
    assertThat(missing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(missing.err()).contains("evaluate.surrogates").contains("no.holdfast");
    Ran inside =
        Ran.command(
            "harden",
            tiny,
            "--out",
            out,
            "--set",
            "evaluate.surrogates=" + out.resolve("model.holdfast"));
    assertThat(inside.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(inside.err()).contains("a model outside the folder for the results");
  }
}
