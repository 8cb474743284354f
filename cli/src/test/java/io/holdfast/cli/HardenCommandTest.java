package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import io.holdfast.record.AttackScore;
import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of {@code harden} and what works on its results, on real files. */
final class HardenCommandTest {
  private static Path folder;
  private static Path file;
  private static Path run;
  private static Ran ran;

  @BeforeAll
  static void harden(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    run = folder.resolve("run");
    ran = Ran.command("harden", file, "--out", run);
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  @Test
  void writesWhatScriptsRelyOn() throws IOException {
    assertThat(ran.out())
        .contains("clean", "fgsm", "pgd[steps=3,restarts=2]", "report: " + run)
        .doesNotContain("training");
    assertThat(run)
        .isDirectoryContaining("glob:**/{metrics.jsonl,scorecard.json,report.html}")
        .isDirectoryContaining("glob:**/ledger.parquet")
        .isDirectoryContaining("glob:**/experiment.json")
        .isDirectoryNotContaining("glob:**/.*");
    try (ZipFile zip = new ZipFile(run.resolve("model.holdfast").toFile())) {
      assertThat(zip.getEntry("weights.safetensors")).isNotNull();
    }
    JsonNode card = Json.read(run.resolve("scorecard.json"));
    assertThat(card.at("/clean_accuracy/n").asInt()).isEqualTo(32);
    assertThat(card.at("/robust_accuracy/ci95")).hasSize(2);
    assertThat(card.path("attacks").path("pgd[steps=3,restarts=2]").at("/robust_accuracy/value"))
        .isNotNull();
    assertThat(card.path("attacks").fieldNames())
        .toIterable()
        .containsExactly("fgsm", "pgd[steps=3,restarts=2]");
    assertThat(MetricsLog.read(run.resolve("metrics.jsonl")))
        .extracting(line -> line.path("event").asText())
        .contains("step", "epoch", "evaluation");
    assertThat(run.resolve("report.html")).content().contains("tiny", "./holdfast harden");
  }

  @Test
  void theProvenanceSaysWhatAutoCameTo() {
    JsonNode origin = Json.read(run.resolve("experiment.json"));
    assertThat(origin.at("/configuration/train/precision").asText()).isIn("float32", "bfloat16");
    assertThat(origin.at("/configuration/device").asText()).isEqualTo("cpu");
    assertThat(origin.at("/data_hashes/train").asText()).hasSize(64);
  }

  @Test
  void jsonIsAloneOnStandardOutputAndEqualsTheFile() throws IOException {
    Path out = folder.resolve("json");
    Ran json = Ran.command("harden", file, "--out", out, "--json", "--workers", 1);
    Scorecard printed = Scorecard.fromJson(json.out(), "standard output");
    assertThat(printed).isEqualTo(Scorecard.read(out.resolve("scorecard.json")));
    // one worker or several, the same bits
    assertThat(printed.withoutTiming())
        .isEqualTo(Scorecard.read(run.resolve("scorecard.json")).withoutTiming());
    assertThat(out.resolve("model.holdfast")).hasSameBinaryContentAs(run.resolve("model.holdfast"));
  }

  @Test
  void aFinishedRunResumedEndsAtOnceWithTheSameResult() throws IOException {
    Path out = folder.resolve("again");
    Ran.command("harden", file, "--out", out, "--resume"); // nothing to resume: starts afresh
    byte[] ledger = Files.readAllBytes(out.resolve("ledger.parquet"));
    byte[] model = Files.readAllBytes(out.resolve("model.holdfast"));
    int steps = steps(out);
    Ran second = Ran.command("harden", file, "--out", out, "--resume");
    assertThat(second.exit()).as(second.err()).isZero();
    assertThat(out.resolve("ledger.parquet")).hasBinaryContent(ledger);
    assertThat(out.resolve("model.holdfast")).hasBinaryContent(model);
    assertThat(steps(out)).isEqualTo(steps);
  }

  private static int steps(Path out) {
    return (int)
        MetricsLog.read(out.resolve("metrics.jsonl")).stream()
            .filter(line -> line.path("event").asText().equals("step"))
            .count();
  }

  @Test
  void anotherExperimentIsNotResumed() {
    Ran other = Ran.command("harden", file, "--out", run, "--resume", "--set", "train.epochs=1");
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err())
        .contains("the run to resume: train.epochs: expected 1, found 2 (leave out")
        .hasLineCount(1);
    assertThat(run.resolve("model.holdfast")).exists();
    // when checkpoints are written makes no other run
    Ran same =
        Ran.command("harden", file, "--out", run, "--resume", "--set", "train.checkpoint.steps=7");
    assertThat(same.exit()).as(same.err()).isZero();
  }

  /** The same words, but another ledger behind them: another run. */
  @Test
  void whatALedgerSaysIsInTheProvenance() throws IOException {
    Path ledger = Files.copy(run.resolve("ledger.parquet"), folder.resolve("ledger.parquet"));
    Path out = folder.resolve("selective");
    Object[] args = {"harden", file, "--out", out, "--resume", "--set", "train.samples=" + ledger};
    Ran first = Ran.command(args);
    assertThat(first.exit()).as(first.err()).isZero();
    assertThat(Json.read(out.resolve("experiment.json")).at("/data_hashes/samples").asText())
        .hasSize(64);
    String leak = "the ledger of train.samples is of data.test";
    assertThat(first.out()).contains("note: " + leak);
    assertThat(Scorecard.read(out.resolve("scorecard.json")).flags())
        .anyMatch(flag -> flag.startsWith(leak));
    assertThat(Scorecard.read(run.resolve("scorecard.json")).flags())
        .noneMatch(flag -> flag.startsWith(leak));
    String foreign = "the ledger of train.samples is of samples that are not the first of";
    String samples = "train.samples=" + ledger;
    assertThat(dry(folder.resolve("dry"), samples).out()).doesNotContain(foreign);
    String elsewhere = "data.test=" + folder.resolve("train.safetensors");
    assertThat(dry(folder.resolve("dry"), samples, elsewhere).out()).contains(foreign);
    Path weaker = folder.resolve("weaker");
    String[] easy = {"threat.epsilon=0.001", "train.epochs=4"}; // of which some classes hold
    assertThat(
            Ran.command("harden", file, "--out", weaker, "--set", easy[0], "--set", easy[1]).exit())
        .isZero();
    Files.copy(weaker.resolve("ledger.parquet"), ledger, StandardCopyOption.REPLACE_EXISTING);
    Ran other = Ran.command(args);
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err()).contains("the run to resume: content of samples: expected");
  }

  /** Each with the line, or the option, that it is due to. */
  @Test
  void whatOtherFilesAreWrongIsToldWhereTheyAreNamed() throws IOException {
    Path out = folder.resolve("wrong");
    String text = Files.readString(file);
    Path own =
        Files.writeString(
            folder.resolve("own.yaml"),
            text.replace("\ntrain:", "\ntrain:\n  samples: {ledger: nowhere}"));
    long line = text.lines().takeWhile(l -> !l.startsWith("train:")).count() + 2;
    Ran ledger = Ran.command("harden", own, "--out", out);
    assertThat(ledger.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ledger.err()).contains("own.yaml:" + line + ": train.samples.ledger: expected");
    String[][] settings = {
      {"train.samples=nowhere", "--set train.samples: train.samples.ledger: expected a ledger"},
      {"model.start=nowhere.holdfast", "model.start: expected an existing file"},
      {"threat=nowhere.yaml", "threat: expected an existing file"},
      {"governor.memory=1m", "governor.memory: expected more than the "},
      {
        "governor.replay=" + file,
        "line 1: expected a decision of a governor, as in a run's journal"
      },
      {"train.curriculum.steps=2.5", "train.curriculum.steps: expected whole numbers"},
      {"search.over={}", "search.over: expected at least one field to search over"}
    };
    for (String[] one : settings) {
      Ran ran = dry(out, one[0]);
      assertThat(ran.exit()).as(one[0]).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).contains(one[1]);
    }
    Ran unseen =
        dry(out, "train.samples={measured: true}", "train.validation.examples=0", "train.epochs=2");
    assertThat(unseen.err()).contains("train.validation.examples: expected more than 0, by which");
    assertThat(out).doesNotExist();
  }

  private static Ran dry(Path out, String... settings) {
    List<Object> all = new ArrayList<>(List.of("harden", file, "--out", out, "--dry-run"));
    for (String setting : settings) {
      all.addAll(List.of("--set", setting));
    }
    return Ran.command(all.toArray());
  }

  @Test
  void whatHasNoEffectIsNoted() {
    Path out = folder.resolve("idle");
    String told = "train.attack, train.mix.clean: no effect, standard searches for no adversarial";
    Ran idle = dry(out, "train.objective=standard", "train.mix.clean=0.5");
    assertThat(idle.out()).contains(told);
    Ran plain = dry(out);
    assertThat(plain.out()).doesNotContain("no effect", "threat.epsilon", "train.mix");
    Ran empty = dry(out, "train.batch_norm=synchronised", "train.mix.clean=1", "threat.epsilon=0");
    assertThat(empty.out())
        .contains(
            "train.batch_norm: no effect, the network has no batch norm",
            "train.mix.clean 1: pgd-at trains on clean samples alone",
            "threat.epsilon 0: nothing may be changed");
  }

  /** Parts of classes that a model tells apart; what it needs beside the ledger is told before. */
  @Test
  void regionsOfALedgerAreFoundInTheSamplesThatItIsOf() throws IOException {
    Path out = folder.resolve("regions");
    Path model = Files.copy(run.resolve("model.holdfast"), folder.resolve("teller.holdfast"));
    String ledger = "train.samples.ledger=" + run;
    String two = "train.samples.regions=2";
    Ran none = Ran.command("harden", file, "--out", out, "--set", ledger, "--set", two);
    assertThat(none.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(none.err()).contains("train.samples.model: expected a bundle").contains("neither");
    String teller = "train.samples.model=" + model;
    Ran whole = Ran.command("harden", file, "--out", out, "--set", ledger, "--set", teller);
    assertThat(whole.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(whole.err()).contains("train.samples.model: expected `regions` beside it");
    Ran missing =
        Ran.command(
            "harden", file, "--out", out, "--set", ledger, "--set", two, "--set", teller + "x");
    assertThat(missing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(missing.err())
        .contains("train.samples.model: expected")
        .contains("teller.holdfastx");
    String inside = "train.samples.model=" + out.resolve("model.holdfast");
    Ran own =
        Ran.command("harden", file, "--out", out, "--set", ledger, "--set", two, "--set", inside);
    assertThat(own.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(own.err()).contains("train.samples.model: expected a model outside the folder");
    String reversed = "data.test=" + folder.resolve("train.safetensors");
    Ran others =
        Ran.command(
            "harden", file, "--out", out, "--set", ledger, "--set", two, "--set", teller, "--set",
            reversed);
    assertThat(others.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(others.err())
        .contains("train.samples.ledger: expected a ledger of the first samples of data.train");
    assertThat(out).doesNotExist();
    Object[] right = {
      "harden", file, "--out", out, "--resume", "--set", ledger, "--set", two, "--set", teller
    };
    Ran found = Ran.command(right);
    assertThat(found.exit()).as(found.err()).isZero();
    assertThat(Json.read(out.resolve("experiment.json")).at("/data_hashes/samples").asText())
        .hasSize(64);
    try (Bundle by = Bundle.read(out.resolve("model.holdfast"));
        Bundle plain = Bundle.read(run.resolve("model.holdfast"))) {
      assertThat(by.network().hash()).isNotEqualTo(plain.network().hash());
    }
    Ran again = Ran.command(right);
    assertThat(again.exit()).as(again.err()).isZero();
    Ran other = Ran.command(replaced(right, two, "train.samples.regions=3"));
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err())
        .contains("the run to resume: train.samples.regions: expected 3, found 2");
  }

  private static Object[] replaced(Object[] all, String one, String by) {
    return Stream.of(all).map(word -> word.equals(one) ? by : word).toArray();
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    Path out = folder.resolve("dry");
    Ran dry = Ran.command("harden", file, "--out", out, "--dry-run");
    assertThat(dry.exit()).as(dry.err()).isZero();
    assertThat(dry.out()).contains("model       mlp[hidden=16]", "in all", "memory", "estimated");
    assertThat(out).doesNotExist();
    String rising = "train.curriculum.steps={from: 0, to: 3}";
    Ran json = Ran.command("harden", file, "--out", out, "--dry-run", "--json", "--set", rising);
    JsonNode plan = Json.parse(json.out(), "plan");
    assertThat(plan.at("/seconds/training").asDouble()).isPositive();
    assertThat(plan.at("/memory_bytes").asLong()).isPositive();
  }

  /** What a run takes, its dry run takes too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "train.early_stopping={patience: 2}",
        "train.keep=best",
        "train.catastrophic_overfitting=watch",
        "train.curriculum={epsilon: {from: 0.05, to: 0.1}, advance: {reach: 0.5}}",
        "evaluate.attacks=apgd-ce",
        "evaluate.attacks=apgd-t",
        "evaluate.attacks=autoattack",
        "evaluate.attacks=holdfast",
        "evaluate.attacks=fab",
        "evaluate.attacks=momentum-pgd",
        "evaluate.attacks=acg"
      })
  void dryRunsOfWhatRuns(String setting) {
    Path out = folder.resolve("dry");
    Ran dry = Ran.command("harden", file, "--out", out, "--dry-run", "--set", setting);
    assertThat(dry.exit()).as(dry.err()).isZero();
    assertThat(out).doesNotExist();
  }

  @Test
  void aBatchBeyondTheDataIsOneStepInPlanAndRun() {
    Path out = folder.resolve("one-step");
    Object[] one = {"harden", file, "--out", out, "--set", "train.batch=4000"};
    Ran dry = Ran.command(Stream.concat(Stream.of(one), Stream.of("--dry-run")).toArray());
    assertThat(dry.out()).as(dry.err()).contains("2 epochs of 1 steps");
    assertThat(Ran.command(one).exit()).isZero();
    assertThat(MetricsLog.read(out.resolve("metrics.jsonl")))
        .filteredOn(e -> e.path("event").asText().equals("step"))
        .hasSize(2);
  }

  @Test
  void evaluateTakesTheBundleAndItsWeightsAlike() throws IOException {
    Path weights = folder.resolve("weights.safetensors");
    try (ZipFile zip = new ZipFile(run.resolve("model.holdfast").toFile())) {
      Files.write(weights, zip.getInputStream(zip.getEntry("weights.safetensors")).readAllBytes());
    }
    Path ofBundle = folder.resolve("of-bundle");
    Path ofWeights = folder.resolve("of-weights");
    Object[] suite = {
      "--data",
      folder.resolve("test.safetensors"),
      "--threat",
      "linf:0.1",
      "--attack",
      "fgsm,pgd[steps=3,restarts=2]",
      "--examples",
      32,
      "--seed",
      7
    };
    Ran bundle = evaluate(suite, run.resolve("model.holdfast"), ofBundle);
    assertThat(bundle.exit()).as(bundle.err()).isZero();
    Ran other = evaluate(suite, weights, ofWeights, "--architecture", "mlp,hidden=16");
    assertThat(other.exit()).as(other.err()).isZero();
    Scorecard first = Scorecard.read(ofBundle.resolve("scorecard.json"));
    Scorecard second = Scorecard.read(ofWeights.resolve("scorecard.json"));
    assertThat(second.attacks().keySet()).containsExactly("fgsm", "pgd[steps=3,restarts=2]");
    assertThat(second.attacks().values())
        .map(AttackScore::seenInTraining)
        .containsOnlyNulls(); // weights do not say what they were trained on
    assertThat(first.attacks().values())
        .map(AttackScore::seenInTraining)
        .containsExactly(true, true); // FGSM is PGD of one step
    assertThat(second.cleanAccuracy()).isEqualTo(first.cleanAccuracy());
    assertThat(second.robustAccuracy()).isEqualTo(first.robustAccuracy());
    Scorecard trained = Scorecard.read(run.resolve("scorecard.json"));
    assertThat(first.cleanAccuracy()).isEqualTo(trained.cleanAccuracy());
    assertThat(first.robustAccuracy()).isEqualTo(trained.robustAccuracy());
    assertThat(ofBundle.resolve("ledger.parquet")).exists();
    assertThat(ofBundle.resolve("report.html")).exists();
  }

  @Test
  void corruptsWithoutAnyAttack() {
    Path out = folder.resolve("corrupted");
    Object[] natural = {"--attack", "none", "--corruptions", 20, "--corruption-types"};
    Path model = run.resolve("model.holdfast");
    Path data = folder.resolve("test.safetensors");
    Ran ran = evaluate(natural, model, out, "fog,pixelate,spatter", "--data", data);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("mean over corruptions", "worst: ");
    Scorecard card = Scorecard.read(out.resolve("scorecard.json"));
    assertThat(Objects.requireNonNull(card.corruptions()).types().keySet())
        .containsExactly("fog", "pixelate", "spatter");
    assertThat(card.attacks()).isEmpty();
    assertThat(out.resolve("report.html")).content().contains("Natural corruptions", "Pixelate");
    Ran wrong = evaluate(natural, model, folder.resolve("wrong"), "fgo", "--data", data);
    assertThat(wrong.err()).contains("--corruption-types").contains("did you mean fog?");
    Object[] threat = {"--threat", "corruption:2", "--attack", "worst-corruption", "--data", data};
    Ran worst = evaluate(threat, model, folder.resolve("worst"), "--examples", 20);
    assertThat(worst.exit()).as(worst.err()).isZero();
    assertThat(worst.out()).contains("worst-corruption");
  }

  private static Ran evaluate(Object[] suite, Path model, Path out, Object... more) {
    Object[] all = new Object[suite.length + more.length + 5];
    all[0] = "evaluate";
    all[1] = "--model";
    all[2] = model;
    all[3] = "--out";
    all[4] = out;
    System.arraycopy(suite, 0, all, 5, suite.length);
    System.arraycopy(more, 0, all, 5 + suite.length, more.length);
    return Ran.command(all);
  }

  @Test
  void comparesRunsAndBundles() {
    Ran runs = Ran.command("compare", run, run);
    assertThat(runs.out())
        .contains("clean accuracy", "under fgsm", "robust, worst case", "calibration error, clean")
        .contains("+0.0 to +0.0", "the same samples, compared one by one");
    assertThat(runs.out()).contains("95% interval").doesNotContain("%%");
    assertThat(Ran.command("compare", run.resolve("model.holdfast"), run).out())
        .contains("the same samples, but no ledger of both that could tell them apart");
    Ran bundles = Ran.command("compare", run.resolve("model.holdfast"), run, "--json");
    JsonNode json = Json.parse(bundles.out(), "comparison");
    assertThat(json.at("/clean_accuracy/value").asDouble()).isZero();
    assertThat(json.at("/clean_accuracy/paired").asBoolean()).isFalse();
    assertThat(json.at("/calibration/attacked/value").asDouble()).isZero();
    assertThat(json.at("/calibration/attacked/ci95").isNull()).isTrue();
    assertThat(Ran.command("compare", run, folder).err())
        .contains("expected the folder of a finished run, or a bundle, found a folder without");
  }

  @Test
  void writesTheReportAnew() throws IOException {
    Path both = folder.resolve("both.html");
    Ran report = Ran.command("report", run, run, "--out", both, "--title", "Twice the same");
    assertThat(report.exit()).as(report.err()).isZero();
    assertThat(both).content().contains("Twice the same");
    assertThat(Ran.command("report", folder).err())
        .contains("expected the folder of a finished run, with scorecard.json");
  }

  @Test
  void keepsTheExamplesOfOneAttack() throws IOException {
    Path out = folder.resolve("attack");
    Object[] args = {
      "attack",
      "--model",
      run.resolve("model.holdfast"),
      "--data",
      folder.resolve("test.safetensors"),
      "--attack",
      "pgd[steps=3]",
      "--examples",
      32,
      "--out",
      out
    };
    Ran attack = Ran.command(args);
    assertThat(attack.exit()).as(attack.err()).isZero();
    assertThat(attack.out()).contains("accuracy under pgd[steps=3]", "adversarial.safetensors");
    assertThat(out.resolve("png")).isDirectoryContaining("glob:**.png");
    // what was written is a data set again, and the model is as wrong on it as the table says
    Ran again =
        Ran.command(
            "evaluate",
            "--model",
            run.resolve("model.holdfast"),
            "--data",
            out.resolve("adversarial.safetensors"),
            "--threat",
            "linf:0.1",
            "--attack",
            "fgsm",
            "--out",
            folder.resolve("on-attack"),
            "--json");
    assertThat(again.exit()).as(again.err()).isZero();
    String rate =
        "%.1f%%".formatted(100 * Scorecard.fromJson(again.out(), "card").cleanAccuracy().value());
    assertThat(attack.out()).contains(rate);
    // a second run leaves no picture of the first, and what is not ours alone
    Path mine = Files.writeString(out.resolve("png/mine.png"), "mine");
    args[8] = 5;
    assertThat(Ran.command(args).exit()).isZero();
    assertThat(mine).hasContent("mine");
    try (Stream<Path> pictures = Files.list(out.resolve("png"))) {
      assertThat(pictures).hasSize(5 + 1);
    }
  }

  @Test
  void theBundleHoldsTheScorecardWithoutTimes() {
    try (Bundle bundle = Bundle.read(run.resolve("model.holdfast"))) {
      assertThat(bundle.scorecard())
          .isEqualTo(Scorecard.read(run.resolve("scorecard.json")).withoutTiming());
    }
  }
}
