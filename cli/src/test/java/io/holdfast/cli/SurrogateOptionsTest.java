package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Scorecard;
import io.holdfast.train.objective.Standard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --surrogate}: other models are searched on, the model judges. */
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
}
