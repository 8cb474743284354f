package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.record.Gate;
import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code --require} makes of a run. */
final class GateTest {
  private static Path folder;
  private static Ran hardened;

  @BeforeAll
  static void harden(@TempDir Path directory) throws IOException {
    folder = directory;
    Path file = Ran.experiment(folder);
    hardened =
        Ran.command(
            "harden",
            file,
            "--out",
            folder.resolve("run"),
            "--json",
            "--require",
            "clean_accuracy>=0",
            "--require",
            "attacks.fgsm.robust_accuracy.lo >= 99%");
  }

  private static Ran evaluate(String... required) {
    List<Object> all = new ArrayList<>(List.of("evaluate", "--data"));
    all.addAll(List.of(folder.resolve("test.safetensors"), "--examples", 16, "--attack", "fgsm"));
    all.addAll(List.of("--model", folder.resolve("run/model.holdfast")));
    all.addAll(List.of("--out", folder.resolve("judged")));
    for (String one : required) {
      all.addAll(List.of("--require", one));
    }
    return Ran.command(all.toArray());
  }

  @Test
  void aGateThatIsNotMetEndsWith3AfterEverythingIsWritten() {
    assertThat(hardened.exit()).isEqualTo(Exit.GATE_NOT_MET);
    assertThat(hardened.err())
        .hasLineCount(1)
        .startsWith("a gate was not met: attacks.fgsm.robust_accuracy.lo >= 99.00%: it is ");
    assertThat(hardened.out()).startsWith("{").contains("\"clean_accuracy\"");
    for (String name : List.of("model.holdfast", "scorecard.json", "report.html")) {
      assertThat(folder.resolve("run").resolve(name)).exists();
    }
  }

  /** So that a gate is met at exactly its bound. */
  @Test
  void aPercentageIsTheNumberThatItStandsFor() {
    for (int tenths = 0; tenths <= 1000; tenths++) {
      String percent = "clean_accuracy>=" + tenths / 10 + "." + tenths % 10 + "%";
      assertThat(Gate.parse(percent).least()).as(percent).isEqualTo(tenths / 1000.0);
    }
  }

  @Test
  void aBoundBeyondAllAndAnAttackByItsNameAreTold() {
    assertThatThrownBy(() -> Gate.parse("clean_accuracy>=150%"))
        .hasMessageContaining("a least value of at most 1 (100%)");
    assertThat(evaluate("fgsm>=50%").err())
        .contains("found fgsm (of this attack: attacks.fgsm.robust_accuracy)");
  }

  @Test
  void aFigureOfNoAttackWasNotMeasured() {
    Gate gate = Gate.parse("attacks.robust_accuracy>=50%");
    Scorecard card = Scorecard.read(folder.resolve("run/scorecard.json"));
    assertThat(gate.missed(card).orElse("")).contains("it was not measured");
  }

  @Test
  void gatesThatAreMetChangeNothing() {
    Ran met = evaluate("robust_accuracy>=0%", "clean_accuracy >= 0");
    assertThat(met.exit()).as(met.err()).isZero();
    assertThat(met.err()).isEmpty();
  }

  /** Where time was up, a figure is an upper bound alone and opens nothing. */
  @Test
  void aGateIsNotMetByWhatWasNotJudged() {
    List<Object> all = new ArrayList<>(List.of("evaluate", "--data"));
    all.addAll(List.of(folder.resolve("test.safetensors"), "--examples", 64));
    all.addAll(List.of("--attack", "fgsm,pgd[steps=5000, restarts=50]", "--budget", "200ms"));
    all.addAll(List.of("--model", folder.resolve("run/model.holdfast")));
    all.addAll(List.of("--out", folder.resolve("cut"), "--require", "robust_accuracy>=0"));
    all.addAll(List.of("--require", "attacks.pgd[steps=5000, restarts=50].robust_accuracy >= 0 %"));
    Ran cut = Ran.command(all.toArray());
    assertThat(cut.exit()).as(cut.err()).isEqualTo(Exit.GATE_NOT_MET);
    assertThat(cut.err()).contains("robust_accuracy >= 0.00%: time was up before every sample");
    Ran compared = Ran.command("compare", folder.resolve("run"), folder.resolve("cut"));
    assertThat(compared.exit()).as(compared.err()).isZero();
    assertThat(compared.out())
        .contains("not compared, since time was up before every sample was judged: pgd[")
        .doesNotContain("worst case");
    assertThat(folder.resolve("cut/report.html")).content().contains("The model keeps at most ");
  }

  @Test
  void attacksThatCouldNotBeReadCauseNoSecondMessage() {
    Ran bad =
        Ran.command(
            "evaluate",
            "--model",
            folder.resolve("run/model.holdfast"),
            "--data",
            folder.resolve("test.safetensors"),
            "--attack",
            "fgsmm",
            "--require",
            "robust_accuracy>=1%",
            "--out",
            folder.resolve("none"));
    assertThat(bad.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(bad.err()).hasLineCount(1).contains("did you mean fgsm?");
  }

  @Test
  void whatIsNoGateIsToldBeforeTheRun() {
    Ran bad =
        evaluate("robust_acuracy>=0.5", "robust_accuracy>=65", "attacks.pgd.robust_accuracy>=1");
    assertThat(bad.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(bad.err())
        .startsWith("3 problems:")
        .contains(
            "--require robust_acuracy>=0.5: expected a figure of the scorecard: clean_accuracy,"
                + " robust_accuracy, attacks.fgsm.robust_accuracy, found robust_acuracy (did you"
                + " mean robust_accuracy?)")
        .contains("--require robust_accuracy>=65: expected a least value of at most 1 (100%)")
        .contains("--require attacks.pgd.robust_accuracy>=1: expected a figure of the scorecard");
  }
}
